import { describe, expect, test } from 'vitest';
import type { PayloadMap } from '../../../src/recorder/spool/journal.ts';
import { type CodecTable, codecTable } from '../../../src/recorder/track/codecs.ts';
import { createInterpolator } from '../../../src/recorder/track/interpolate.ts';
import { goertzelDb, tone } from '../../sound/tone.ts';
import { markedCall, times } from './marked-call.ts';
import { join, render } from './render.ts';
import { createSender } from './sender.ts';
import { levelDb } from './tolerances.ts';

const half = 20 * Math.log10(0.5);
/** Images and aliases of what telephony carries, against full scale: 12 dB below G.711's own noise. */
const imageDb = -50;

const convert = (samples: Int16Array, from: number, to: number): Int16Array => {
  const interpolator = createInterpolator(from, to);
  const out: Int16Array[] = [];
  for (let at = 0; at < samples.length; at += from / 50) {
    out.push(interpolator.push(samples.subarray(at, at + from / 50)).slice());
  }
  out.push(interpolator.flush());
  return join(out);
};

describe.each([
  [8000, 16000],
  [8000, 48000],
  [16000, 8000],
  [16000, 48000],
  [48000, 8000],
  [48000, 16000],
])('from %i Hz to %i Hz', (from, to) => {
  const nyquist = Math.min(from, to) / 2;

  test('a tone keeps its level and its phase, from packet to packet', () => {
    for (const hz of [0.05, 0.25, 0.5, 0.85].map((part) => part * nyquist)) {
      const converted = convert(tone(hz, from, 1, 0.5), from, to);
      expect(converted.length).toBe(to);
      const middle = converted.subarray(to / 10, to - to / 10);
      expect(Math.abs(goertzelDb(middle, to, hz) - half)).toBeLessThanOrEqual(levelDb);
      const wanted = tone(hz, to, 1, 0.5);
      const error = middle.map((sample, i) => sample - (wanted[to / 10 + i] ?? 0));
      const worst = error.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
      // One percent: the sum of the images, of what phases of 1/384 sample and 16 bits leave.
      expect([hz, worst < 0.01 * 16384]).toEqual([hz, true]);
    }
  });

  test('there is no image and no alias', () => {
    const hz = from < to ? 0.85 * nyquist : 1.15 * nyquist;
    const converted = convert(tone(hz, from, 1, 0.5), from, to);
    const middle = converted.subarray(to / 10, to - to / 10);
    expect(goertzelDb(middle, to, 2 * nyquist - hz)).toBeLessThan(imageDb);
  });
});

test('between equal rates samples pass as they are, and a stretch adds or takes exactly one', () => {
  const sine = tone(440, 8000, 1, 0.5);
  expect(convert(sine, 8000, 8000)).toEqual(sine);
  for (const direction of [1, -1]) {
    const interpolator = createInterpolator(8000, 8000);
    interpolator.stretch(direction, 2000);
    const all = join([interpolator.push(sine).slice(), interpolator.flush()]);
    expect(all.length).toBe(8000 + direction);
    expect(all.subarray(2000)).toEqual(sine.subarray(2000 - direction));
  }
});

describe('a track of 48 kHz', () => {
  test('has each second of G.711 at its time', () => {
    const sender = createSender();
    times(3, () => sender.say(tone(1000, 8000, 1, 0.5)));
    const { samples } = render(sender.arrivals(), 3020, { sampleRate: 48000 });
    expect(samples.length).toBe(48 * 3020);
    const second = samples.subarray(48000, 96000);
    expect(Math.abs(goertzelDb(second, 48000, 1000) - half)).toBeLessThanOrEqual(levelDb);
    expect(goertzelDb(second, 48000, 7000)).toBeLessThan(imageDb);
  });
});

describe('a codec of 16 kHz with an RTP clock of 8 kHz, as G722 has it,', () => {
  // Its payload is a sample's upper byte for each half tick: no codec of this world, but one of this clock.
  const wide: CodecTable = {
    ...codecTable,
    G722: () => ({
      name: 'G722',
      clockRate: 8000,
      sampleRate: 16000,
      ticks: (payload) => payload.length / 2,
      createDecoder: () => ({ decode: (payload) => Int16Array.from(payload, (byte) => (byte - 128) << 8) }),
    }),
  };
  const payloads: PayloadMap = { 9: { codec: 'G722', clockRate: 8000, channels: 1 } };
  const wideSecond = tone(1000, 16000, 1, 0.5);

  test.each([8000, 16000, 48000])('takes turns with PCMU in a track of %i Hz', (sampleRate) => {
    const sender = createSender();
    times(6, (i) => {
      sender.phone.payloadType = i % 2 === 0 ? 0 : 9;
      if (i % 2 === 0) sender.say(tone(1000, 8000, 1, 0.5));
      else {
        for (let at = 0; at < 16000; at += 320) {
          const payload = Uint8Array.from(wideSecond.subarray(at, at + 320), (sample) => (sample >> 8) + 128);
          sender.sendPayload(payload, 160);
        }
      }
    });
    const { samples, track } = render(sender.arrivals(), 6020, { sampleRate, codecs: wide, payloads });
    times(6, (i) => {
      const middle = samples.subarray((i + 0.1) * sampleRate, (i + 0.9) * sampleRate);
      expect(Math.abs(goertzelDb(middle, sampleRate, 1000) - half)).toBeLessThanOrEqual(levelDb);
    });
    expect(track.report).toMatchObject({ codecs: ['PCMU', 'G722'], codecChanges: 5, jumps: 0, droppedMs: 0 });
  });

  test('and without its decoder the track is silent for that time, and the time is right', () => {
    const { G722: _none, ...codecs } = codecTable;
    const call = markedCall(
      {},
      (sender, second) => {
        second();
        sender.phone.payloadType = 9;
        times(50, () => sender.sendPayload(new Uint8Array(160)));
        sender.phone.payloadType = 0;
        second();
      },
      { payloads, codecs },
    );
    expect(call.errorsMs).toEqual([0, 0]);
    expect(call.report.unknownPayloads).toEqual({ 9: 50 });
  });
});
