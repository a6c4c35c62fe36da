import { describe, expect, it } from 'vitest';
import { decodePcma, decodePcmu } from '../../../src/rtp/g711.ts';
import { parseRtp, type RtpPacket } from '../../../src/rtp/packet.ts';
import { createPacketizer } from '../../../src/switch/media/prompt/packetizer.ts';

const parsed = (datagram: Uint8Array): RtpPacket => {
  const packet = parseRtp(Uint8Array.from(datagram));
  if (packet === undefined) throw new Error('no RTP packet');
  return packet;
};

const samples = Int16Array.from({ length: 160 }, (_, i) => i * 100 - 8000);

describe('the packets of a prompt', () => {
  it('count on, keep time by the frame numbers, and wrap around', () => {
    const packets = createPacketizer({ ssrc: 0xdeadbeef, firstSequence: 65_535, timestampOffset: 2 ** 32 - 160 });
    const sent = [7, 8, 9].map((frame) => parsed(packets.silence(frame)));
    expect(sent.map(({ sequence }) => sequence)).toEqual([65_535, 0, 1]);
    expect(sent.map(({ timestamp }) => timestamp)).toEqual([960, 1120, 1280]);
    expect(sent.map(({ ssrc }) => ssrc)).toEqual([0xdeadbeef, 0xdeadbeef, 0xdeadbeef]);
    expect(sent.map(({ payload }) => payload.length)).toEqual([160, 160, 160]);
  });

  it('bear the marker at the first one and after each gap alone', () => {
    const packets = createPacketizer({ ssrc: 1, firstSequence: 0, timestampOffset: 0 });
    const sent = [1, 2, 3, 10, 11].map((frame) => parsed(packets.silence(frame)));
    expect(sent.map(({ marker }) => marker)).toEqual([true, false, false, true, false]);
    expect(sent.map(({ sequence }) => sequence)).toEqual([0, 1, 2, 3, 4]);
    expect(sent.map(({ timestamp }) => timestamp)).toEqual([160, 320, 480, 1600, 1760]);
  });

  it.each([
    ['PCMU', 0, 0xff, decodePcmu],
    ['PCMA', 8, 0xd5, decodePcma],
  ] as const)('are %s when that is the codec', (codec, payloadType, silentByte, decode) => {
    const packets = createPacketizer({ ssrc: 1, firstSequence: 0, timestampOffset: 0 });
    packets.use(codec, payloadType);
    const quiet = parsed(packets.silence(0));
    expect(quiet.payloadType).toBe(payloadType);
    expect(new Set(quiet.payload)).toEqual(new Set([silentByte]));
    const sound = decode(parsed(packets.sound(1, samples, 1)).payload);
    // The coarsest step of G.711 within +-8,031 is 256.
    for (const [i, sample] of samples.entries()) expect(Math.abs((sound[i] ?? 1e9) - sample)).toBeLessThanOrEqual(256);
  });

  it('are as loud as the factor says', () => {
    const packets = createPacketizer({ ssrc: 1, firstSequence: 0, timestampOffset: 0 });
    const loud = decodePcmu(parsed(packets.sound(1, new Int16Array(160).fill(1000), 2)).payload);
    expect(Math.abs((loud[0] ?? 0) - 2000)).toBeLessThanOrEqual(64);
  });

  it('stay as they are while 15 more are made', () => {
    const packets = createPacketizer({ ssrc: 1, firstSequence: 0, timestampOffset: 0 });
    const first = packets.silence(0);
    for (let frame = 1; frame <= 15; frame++) packets.sound(frame, samples, 1);
    expect(parsed(first).sequence).toBe(0);
    expect(new Set(parsed(first).payload)).toEqual(new Set([0xff]));
  });
});
