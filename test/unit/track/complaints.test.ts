import { describe, expect, test } from 'vitest';
import type { PayloadFormat, PayloadMap } from '../../../src/recorder/spool/journal.ts';
import { createTrack } from '../../../src/recorder/track/track.ts';
import { encodePcma, encodePcmu } from '../../../src/rtp/g711.ts';
import { buildTelephoneEvent } from '../../../src/rtp/telephone-event.ts';
import { goertzelDb, tone } from '../../sound/tone.ts';
import { markedCall, type Sender, times } from './marked-call.ts';
import { firstDifference, join, render, throughG711 } from './render.ts';
import { createSender, randomNumbers } from './sender.ts';
import { anchorMs, spurtMs, trackMs } from './tolerances.ts';

/** What users of other recorders complain about, as far as it is a matter of the timeline. */

const events: PayloadMap = { 101: { codec: 'TELEPHONE-EVENT', clockRate: 8000, channels: 1 } };

const format = (codec: string): PayloadFormat => ({ codec, clockRate: 8000, channels: 1 });

const isSilent = (samples: Int16Array): boolean => samples.every((sample) => sample === 0);

/** A key pressed for `ms`: an event packet each 20 ms instead of sound, the last one three times (RFC 4733). */
const press = (sender: Sender, ms: number, timestampsStandStill: boolean): void => {
  const began = sender.phone.timestamp;
  for (let at = 20; at <= ms; at += 20) {
    sender.pause(20, timestampsStandStill);
    const event = { event: 5, end: at >= ms, volume: 10, duration: at * 8 };
    times(event.end ? 3 : 1, () => sender.sendOther(101, buildTelephoneEvent(event), began));
  }
};

describe('length', () => {
  test('15 % loss on one side does not make an 85 % long file', () => {
    const random = randomNumbers(1);
    const call = markedCall({ network: () => (random() < 0.15 ? undefined : random() * 20) }, (_, second) =>
      times(60, second),
    );
    expect(call.samples.length).toBe(8 * call.stopMs);
    expect(call.found).toBeGreaterThan(40);
    expect(call.worstMs).toBeLessThanOrEqual(trackMs);
    expect(call.report.lost / 3000).toBeCloseTo(0.15, 1);
  });

  test('40 % loss under 300 ms of jitter neither', () => {
    const random = randomNumbers(2);
    const call = markedCall({ network: () => (random() < 0.4 ? undefined : random() * 300) }, (_, second) =>
      times(60, second),
    );
    expect(call.samples.length).toBe(8 * call.stopMs);
    expect(call.found).toBeGreaterThan(24);
    expect(call.worstMs).toBeLessThanOrEqual(trackMs);
  });
});

describe('DTX', () => {
  test('gaps do not add up: each talk spurt is at its time', () => {
    const random = randomNumbers(3);
    const call = markedCall({ network: () => random() * 20 }, (sender, second) =>
      times(40, () => {
        second();
        sender.pause(20 * Math.ceil(random() * 150));
      }),
    );
    expect(call.found).toBe(40);
    expect(call.worstMs).toBeLessThanOrEqual(spurtMs);
    expect(call.report).toMatchObject({ jumps: 0, lost: 0, concealedMs: 0 });
  });

  test('a gap is silence, not concealment, and the sound after it is untouched', () => {
    const sender = createSender();
    const sine = tone(440, 8000, 1, 0.5);
    sender.say(sine);
    sender.pause(3000);
    sender.say(sine);
    const { samples } = render(sender.arrivals(), 5020);
    const wanted = new Int16Array(8 * 5020);
    wanted.set(throughG711(sine), 8 * 20);
    wanted.set(throughG711(sine), 8 * 4020);
    expect(firstDifference(samples, wanted)).toBe(-1);
  });

  test('where the sender stops its timestamps in a gap, the sound after it is at its time all the same', () => {
    const random = randomNumbers(4);
    const call = markedCall({ network: () => random() * 20 }, (sender, second) =>
      times(10, () => {
        times(3, second);
        sender.pause(740, true);
      }),
    );
    expect(call.found).toBe(30);
    expect(call.worstMs).toBeLessThanOrEqual(anchorMs);
    expect(call.report.jumps).toBe(9);
  });
});

test('comfort noise (payload type 13) is rendered as silence and disturbs nothing', () => {
  const call = markedCall({}, (sender, second) =>
    times(5, () => {
      second();
      times(10, () => {
        sender.sendOther(13, Uint8Array.of(70, 1, 2, 3));
        sender.pause(100);
      });
    }),
  );
  expect(call.found).toBe(5);
  expect(call.worstMs).toBe(0);
  expect(call.report).toMatchObject({ comfortNoise: 50, unknownPayloads: {}, concealedMs: 0, lost: 0 });
  times(5, (i) => expect(isSilent(call.samples.subarray(8 * (2000 * i + 1020), 8 * (2000 * i + 2020)))).toBe(true));
});

describe('codecs', () => {
  test('a codec change on hold changes neither time nor sound', () => {
    const call = markedCall({}, (sender, second) => {
      times(3, second);
      sender.pause(2000);
      sender.phone.payloadType = 8;
      times(3, second);
      sender.phone.payloadType = 0;
      sender.phone.ptimeMs = 60;
      times(3, second);
    });
    expect(call.errorsMs).toEqual(new Array(9).fill(0));
    expect(call.report).toMatchObject({ codecChanges: 2, jumps: 0 });
  });

  test('a change to a codec of another clock loses nothing, though the numbers of the timestamps go on', () => {
    const sender = createSender({ timestamp: 3_452_133_453 });
    const fast = new Uint8Array(48_000 * 0.7);
    encodePcmu(tone(440, 48_000, 0.7, 0.5), fast, 0);
    sender.say(tone(440, 8000, 0.8, 0.5));
    for (let at = 0; at < fast.length; at += 960) {
      sender.phone.payloadType = 97;
      sender.sendPayload(fast.subarray(at, at + 960), 160);
      sender.phone.timestamp += 960 - 160;
    }
    sender.phone.payloadType = 8;
    sender.say(tone(440, 8000, 0.8, 0.5));
    const payloads = { 97: { codec: 'PCMU', clockRate: 48_000, channels: 1 } };
    const { samples, track } = render(sender.arrivals(), 2300, { payloads });
    const quiet: number[] = [];
    for (let at = 400; at + 160 < samples.length - 320; at += 160) {
      if (goertzelDb(samples.subarray(at, at + 160), 8000, 440) < -12) quiet.push(at / 8);
    }
    expect(quiet, `${JSON.stringify(track.report)}`).toEqual([]);
  });

  test('a dynamic payload type has the meaning of the newest SDP from its time on', () => {
    const sender = createSender({ payloadType: 97 });
    const sine = tone(440, 8000, 1, 0.5);
    const asA = new Uint8Array(8000);
    encodePcma(sine, asA, 0);
    sender.say(sine);
    for (let at = 0; at < 8000; at += 160) sender.sendPayload(asA.subarray(at, at + 160));
    const track = createTrack({ startMs: 0, sampleRate: 8000, payloads: { 97: format('PCMU') } });
    track.payloads({ 97: format('PCMA') }, 1010);
    for (const { arrivalMs, datagram } of sender.arrivals()) track.push(arrivalMs, datagram);
    const samples = join([...track.finish(2020)]);
    expect(firstDifference(samples.subarray(160, 8160), throughG711(sine))).toBe(-1);
    expect(firstDifference(samples.subarray(8160), throughG711(sine, 'A'))).toBe(-1);
    expect(track.report).toMatchObject({ codecs: ['PCMU', 'PCMA'], codecChanges: 1 });
  });

  test('a type that the newest SDP has no more keeps its meaning for packets still on their way', () => {
    const sender = createSender({ payloadType: 97 });
    sender.say(tone(440, 8000, 1, 0.5));
    const track = createTrack({ startMs: 0, sampleRate: 8000, payloads: { 97: format('PCMU') } });
    track.payloads({ 0: format('PCMU') }, 500);
    for (const { arrivalMs, datagram } of sender.arrivals()) track.push(arrivalMs, datagram);
    expect(track.report.unknownPayloads).toEqual({});
  });

  test('an unknown payload type is silence, is counted, and what follows is at its time', () => {
    const call = markedCall({}, (sender, second) => {
      second();
      sender.phone.payloadType = 18;
      sender.say(tone(1000, 8000, 2, 0.5));
      sender.phone.payloadType = 0;
      second();
    });
    expect(call.errorsMs).toEqual([0, 0]);
    expect(call.report.unknownPayloads).toEqual({ 18: 100 });
    expect(isSilent(call.samples.subarray(8 * 1020, 8 * 3020))).toBe(true);
  });
});

describe('DTMF does not corrupt the rest', () => {
  test.each([
    { sender: 'timestamps go on in the event', standStill: false },
    { sender: 'timestamps stand still in the event', standStill: true },
  ])('where the $sender', ({ standStill }) => {
    const random = randomNumbers(5);
    const call = markedCall(
      { network: () => random() * 20 },
      (sender, second) =>
        times(10, (i) => {
          times(2, second);
          press(sender, 100 + 40 * i, standStill);
        }),
      { payloads: events },
    );
    expect(call.found).toBe(20);
    expect(call.worstMs).toBeLessThanOrEqual(anchorMs);
    expect(call.report).toMatchObject({ concealedMs: 0, lost: 0, unknownPayloads: {} });
    expect(call.report.events).toBeGreaterThan(150);
  });

  test('and does not sound: the event is silence', () => {
    const call = markedCall(
      {},
      (sender, second) => {
        second();
        press(sender, 500, false);
        second();
      },
      { payloads: events },
    );
    expect(call.errorsMs).toEqual([0, 0]);
    expect(isSilent(call.samples.subarray(8 * 1020, 8 * 1520))).toBe(true);
  });

  test('where event packets come beside the sound, the sound is untouched', () => {
    const sender = createSender();
    const sine = tone(440, 8000, 2, 0.5);
    for (let at = 0; at < sine.length; at += 160) {
      sender.say(sine.subarray(at, at + 160));
      if (at % 1600 === 0)
        sender.sendOther(101, buildTelephoneEvent({ event: 1, end: true, volume: 10, duration: 800 }));
    }
    const { samples } = render(sender.arrivals(), 2020, { payloads: events });
    expect(firstDifference(samples.subarray(160), throughG711(sine))).toBe(-1);
  });
});

describe('a new SSRC is not lost', () => {
  test('after a re-INVITE: the sound goes on without a seam', () => {
    const sender = createSender();
    const sine = tone(440, 8000, 4, 0.5);
    sender.say(sine.subarray(0, 16000));
    Object.assign(sender.phone, { ssrc: 0x9999, sequence: 60_000, timestamp: 4_000_000_000 });
    sender.say(sine.subarray(16000));
    const { samples, track } = render(sender.arrivals(), 4020);
    expect(firstDifference(samples.subarray(160), throughG711(sine))).toBe(-1);
    expect(track.report.ssrcs).toEqual([0x1234, 0x9999]);
  });

  test('after a transfer to another side with another delay, clock and jitter', () => {
    const random = randomNumbers(6);
    const call = markedCall({ network: () => random() * 20 }, (sender, second) =>
      times(8, (i) => {
        Object.assign(sender.phone, {
          ssrc: 1000 + i,
          sequence: Math.floor(random() * 65536),
          timestamp: Math.floor(random() * 2 ** 32),
        });
        times(3, second);
        sender.pause(340);
      }),
    );
    expect(call.found).toBe(24);
    expect(call.worstMs).toBeLessThanOrEqual(anchorMs);
    expect(call.report.ssrcs.length).toBe(8);
  });

  test('of a single packet', () => {
    const sender = createSender();
    const sine = tone(440, 8000, 0.02, 0.5);
    times(5, (i) => {
      sender.phone.ssrc = i;
      sender.say(sine);
    });
    const { samples } = render(sender.arrivals(), 120);
    times(5, (i) => {
      const one = samples.subarray(160 * (i + 1), 160 * (i + 2));
      expect(firstDifference(one, throughG711(sine))).toBe(-1);
    });
  });
});
