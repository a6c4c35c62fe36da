import { describe, expect, it } from 'vitest';
import { createLiveAnalysis, type LiveAnalysis } from '../../../src/recorder/capture/live-analysis.ts';
import { clockRates, payloadKind, payloadKinds } from '../../../src/recorder/capture/payload-kinds.ts';
import { encodePcma, encodePcmu, pcmuSilence } from '../../../src/rtp/g711.ts';
import type { RtpPacket } from '../../../src/rtp/packet.ts';
import { buildTelephoneEvent } from '../../../src/rtp/telephone-event.ts';
import { joined, keyTone, pcmuOf, silence } from '../../sound/dtmf.ts';

const told = (): { events: unknown[]; analysis: LiveAnalysis } => {
  const events: unknown[] = [];
  const analysis = createLiveAnalysis({
    voice: { sensitivity: 44, report: (speaking, t) => events.push({ speaking, t }) },
    digits: { report: (digit, tStart, tEnd) => events.push({ digit, tStart, tEnd }) },
  });
  return { events, analysis };
};

const packet = (payloadType: number, payload: Uint8Array, timestamp = 0): RtpPacket => ({
  payloadType,
  payload,
  timestamp,
  sequence: 0,
  ssrc: 1,
  marker: false,
});

const loud = new Uint8Array(160);
encodePcmu(new Int16Array(160).fill(4000), loud);
const quiet = new Uint8Array(160).fill(pcmuSilence);
const digitFive = buildTelephoneEvent({ event: 5, end: true, volume: 10, duration: 800 });

describe('payload types', () => {
  it('mean what the SDP says, and what RFC 3551 says without one', () => {
    const kinds = payloadKinds({
      0: { codec: 'PCMU', clockRate: 8000, channels: 1 },
      96: { codec: 'PCMA', clockRate: 8000, channels: 1 },
      97: { codec: 'PCMU', clockRate: 16000, channels: 1 },
      101: { codec: 'TELEPHONE-EVENT', clockRate: 8000, channels: 1 },
      111: { codec: 'OPUS', clockRate: 48000, channels: 2 },
    });
    expect([0, 8, 13, 96, 97, 101, 111, 127].map((payloadType) => kinds[payloadType])).toEqual([
      payloadKind.pcmu,
      payloadKind.pcma,
      payloadKind.comfortNoise,
      payloadKind.pcma,
      payloadKind.otherAudio,
      payloadKind.telephoneEvent,
      payloadKind.opus,
      payloadKind.otherAudio,
    ]);
  });

  it('have the clock of the SDP', () => {
    const rates = clockRates({
      101: { codec: 'TELEPHONE-EVENT', clockRate: 48000, channels: 1 },
      102: { codec: 'TELEPHONE-EVENT', clockRate: 0, channels: 1 },
    });
    expect([rates[101], rates[102], rates[0]]).toEqual([48000, 8000, 8000]);
  });
});

describe('live analysis', () => {
  it('finds speech and digits in one track', () => {
    const { events, analysis } = told();
    analysis.update({ 101: { codec: 'TELEPHONE-EVENT', clockRate: 8000, channels: 1 } });
    for (let t = 20; t <= 100; t += 20) analysis.packet(packet(0, loud), t);
    for (let t = 120; t <= 400; t += 20) analysis.packet(packet(0, quiet), t);
    analysis.packet(packet(101, digitFive), 520);
    expect(events).toEqual([
      { speaking: true, t: 0 },
      { speaking: false, t: 100 },
      { digit: '5', tStart: 420, tEnd: 520 },
    ]);
  });

  it('takes the payload type of digits from the newest SDP', () => {
    const { events, analysis } = told();
    analysis.update({ 101: { codec: 'TELEPHONE-EVENT', clockRate: 8000, channels: 1 } });
    analysis.update({ 96: { codec: 'TELEPHONE-EVENT', clockRate: 8000, channels: 1 } });
    analysis.packet(packet(96, digitFive), 520);
    expect(events).toEqual([{ digit: '5', tStart: 420, tEnd: 520 }]);
  });

  it('ends a digit by sound that follows it, by time, and by the end of the recording', () => {
    const pressed = buildTelephoneEvent({ event: 5, end: false, volume: 10, duration: 800 });
    const ways: ((analysis: LiveAnalysis) => void)[] = [
      (analysis) => {
        for (const t of [540, 560, 580]) analysis.packet(packet(0, quiet), t);
      },
      (analysis) => analysis.tick(800),
      (analysis) => analysis.finish(530),
    ];
    for (const way of ways) {
      const { events, analysis } = told();
      analysis.update({ 101: { codec: 'TELEPHONE-EVENT', clockRate: 8000, channels: 1 } });
      analysis.packet(packet(101, pressed), 520);
      expect(events).toEqual([]);
      way(analysis);
      expect(events).toEqual([{ digit: '5', tStart: 420, tEnd: 520 }]);
    }
  });

  it('hears a key in the sound once, in PCMU and PCMA, though packets come twice or late', () => {
    const sound = joined(silence(40), keyTone('6', { ms: 120 }), silence(80));
    const alaw = new Uint8Array(sound.length);
    encodePcma(Int16Array.from(sound, Math.round), alaw);
    for (const [payloadType, bytes] of [
      [0, pcmuOf(sound)],
      [8, alaw],
    ] as const) {
      const heard: string[] = [];
      const analysis = createLiveAnalysis({ tones: { report: (digit) => heard.push(digit) } });
      for (let i = 0; i * 160 < bytes.length; i++) {
        const sent = {
          ...packet(payloadType, bytes.subarray(i * 160, (i + 1) * 160)),
          sequence: (65_533 + i) & 0xffff,
        };
        analysis.packet(sent, (i + 1) * 20);
        analysis.packet(sent, (i + 1) * 20);
        if (i > 2) analysis.packet({ ...sent, sequence: (65_531 + i) & 0xffff, payload: quiet }, (i + 1) * 20);
      }
      analysis.finish(1000);
      expect(heard).toEqual(['6']);
    }
  });

  it('looks only for what it was asked for', () => {
    const analysis = createLiveAnalysis({});
    analysis.packet(packet(0, loud), 20);
    analysis.packet(packet(101, digitFive), 40);
    analysis.tick(500);
    analysis.finish(600);
  });
});
