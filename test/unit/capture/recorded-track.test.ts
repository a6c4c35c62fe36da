import { describe, expect, it } from 'vitest';
import { createCounters, readCounts, trackCounter } from '../../../src/recorder/capture/counters.ts';
import { createLiveAnalysis, type LiveAnalysis } from '../../../src/recorder/capture/live-analysis.ts';
import { createRecordedTrack, type RecordedTrack } from '../../../src/recorder/capture/recorded-track.ts';
import type { TrackWriter } from '../../../src/recorder/capture/track-writer.ts';
import { buildRtp } from '../../../src/rtp/packet.ts';
import { buildSenderReport } from '../../../src/rtp/sender-report.ts';
import { buildTelephoneEvent } from '../../../src/rtp/telephone-event.ts';

interface Fixture {
  readonly track: RecordedTrack;
  readonly kept: { readonly bytes: number; readonly rtcp: boolean; readonly t: number }[];
  readonly firsts: number[];
  readonly counts: () => unknown;
}

const fixture = (full = false, analysis?: LiveAnalysis): Fixture => {
  const counters = createCounters(1);
  const kept: { bytes: number; rtcp: boolean; t: number }[] = [];
  const firsts: number[] = [];
  const writer: TrackWriter = {
    begin: () => undefined,
    add(datagram, rtcp, t) {
      if (!full) kept.push({ bytes: datagram.length, rtcp, t });
      return !full;
    },
    flush: () => undefined,
    finish: () => Promise.resolve({ lost: 0 }),
  };
  const track = createRecordedTrack({
    writer,
    counter: trackCounter(counters, 0),
    analysis,
    onFirstPacket: (t) => firsts.push(t),
  });
  return { track, kept, firsts, counts: () => readCounts(counters, ['speak']).speak };
};

const rtp = (size = 160, timestamp = 2): Buffer =>
  Buffer.from(buildRtp({ payloadType: 0, sequence: 1, timestamp, ssrc: 3, marker: false }, new Uint8Array(size)));
const rtcp = Buffer.from(buildSenderReport({ ssrc: 3, ntpMs: 0, timestamp: 0, packets: 0, bytes: 0 }));
const counted = { packets: 0, bytes: 0, strangers: 0, malformed: 0, dropped: 0, paused: 0 };

describe('a recorded track', () => {
  it('keeps RTP and RTCP, and counts the packets of RTP', () => {
    const { track, kept, counts } = fixture();
    track.accept(rtp(), false, 5);
    track.accept(rtcp, false, 6);
    track.accept(rtcp, true, 7);
    expect(kept).toEqual([
      { bytes: 172, rtcp: false, t: 5 },
      { bytes: 28, rtcp: true, t: 6 },
      { bytes: 28, rtcp: true, t: 7 },
    ]);
    expect(counts()).toEqual({ ...counted, packets: 1, bytes: 172 });
  });

  it.each([
    ['nothing', Buffer.alloc(0), false],
    ['four bytes', Buffer.of(0x80, 0, 0, 1), false],
    ['text', Buffer.from('OPTIONS sip:a@b SIP/2.0\r\n\r\n'), false],
    ['STUN', Buffer.from('000100002112a4420102030405060708090a0b0c', 'hex'), false],
    ['RTP from the port of RTCP', rtp(), true],
    ['RTP of 2,001 bytes', rtp(1989), false],
    ['RTCP of 2,001 bytes', Buffer.concat([rtcp, Buffer.alloc(1973)]), false],
  ])('drops and counts %s', (_, datagram, onlyRtcp) => {
    const { track, kept, counts } = fixture();
    track.accept(datagram, onlyRtcp, 5);
    expect(kept).toEqual([]);
    expect(counts()).toEqual({ ...counted, malformed: 1 });
  });

  it('takes RTP of 2,000 bytes', () => {
    const { track, kept } = fixture();
    track.accept(rtp(1988), false, 5);
    expect(kept).toHaveLength(1);
  });

  it('counts what the writer has no room for', () => {
    const { track, counts } = fixture(true);
    track.accept(rtp(), false, 5);
    track.accept(rtcp, false, 5);
    expect(counts()).toEqual({ ...counted, packets: 1, bytes: 172, dropped: 2 });
  });

  it('tells the first packet after the start, once', () => {
    const { track, firsts } = fixture();
    track.accept(rtp(), false, 10);
    track.start(20);
    expect(firsts).toEqual([]);
    track.accept(rtcp, false, 25);
    track.accept(rtp(), false, 30);
    track.accept(rtp(), false, 50);
    expect(firsts).toEqual([30]);
  });

  it('tells the first packet although the order to start came later', () => {
    const { track, firsts } = fixture();
    track.accept(rtp(), false, 21);
    track.start(20);
    track.accept(rtp(), false, 41);
    expect(firsts).toEqual([21]);
  });

  it('hands nothing to the disk while it is paused, and counts what was left out', () => {
    const { track, kept, counts } = fixture();
    track.accept(rtp(), false, 5);
    track.pause();
    track.accept(rtp(), false, 10);
    track.accept(rtcp, false, 15);
    track.accept(Buffer.alloc(3), false, 15);
    track.resume(20);
    track.accept(rtcp, false, 25);
    track.accept(rtp(160, 2 + 8 * 1990), false, 2000);
    expect(kept.map(({ rtcp: isRtcp, t }) => [isRtcp, t])).toEqual([
      [false, 5],
      [true, 25],
      [false, 2000],
    ]);
    expect(counts()).toEqual({ ...counted, packets: 3, bytes: 3 * 172, malformed: 1, paused: 1 });
  });

  it('hears keys while it is paused, and no voices', () => {
    const heard: string[] = [];
    const analysis = createLiveAnalysis({
      voice: { sensitivity: 44, report: (speaking) => heard.push(speaking ? 'speech' : 'silence') },
      digits: { report: (digit) => heard.push(digit) },
    });
    const { track, kept } = fixture(false, analysis);
    track.update({ 101: { codec: 'TELEPHONE-EVENT', clockRate: 8000, channels: 1 } });
    track.pause();
    const header = { sequence: 1, timestamp: 2, ssrc: 3, marker: false };
    for (let t = 20; t < 400; t += 20) {
      // As loud as it gets.
      track.accept(Buffer.from(buildRtp({ ...header, payloadType: 0 }, new Uint8Array(160))), false, t);
    }
    const key = buildTelephoneEvent({ event: 11, end: true, volume: 10, duration: 800 });
    track.accept(Buffer.from(buildRtp({ ...header, payloadType: 101 }, key)), false, 400);
    expect(heard).toEqual(['#']);
    expect(kept).toEqual([]);
  });
});
