import { describe, expect, test } from 'vitest';
import { createConcealer } from '../../../src/recorder/track/conceal.ts';
import { render } from './render.ts';
import { createSender } from './sender.ts';

/** A voiced sound: all harmonics of a pitch up to 3.4 kHz. */
const voice = (pitchHz: number, rate: number, length: number): Int16Array =>
  Int16Array.from({ length }, (_, i) => {
    let sum = 0;
    for (let n = 1; n * pitchHz < 3400; n++) sum += Math.cos((2 * Math.PI * n * pitchHz * i) / rate + n * n) / n;
    return Math.round(4000 * sum);
  });

/** The voice with a loss in it at half a second, concealed. */
const lose = (sound: Int16Array, rate: number, lossMs: number) => {
  const at = rate / 2;
  const lost = (rate * lossMs) / 1000;
  const concealer = createConcealer(rate);
  for (let i = 0; i < at; i += rate / 50) concealer.remember(sound.slice(i, i + rate / 50));
  const heard = sound.slice();
  const end = concealer.begin();
  heard.set(end, at - end.length);
  for (let i = 0; i < lost; i += rate / 100) heard.set(concealer.fill(rate / 100), at + i);
  const next = sound.slice(at + lost, at + lost + rate / 50);
  concealer.recover(next);
  heard.set(next, at + lost);
  return { heard, at, lost };
};

const energy = (samples: Int16Array): number => samples.reduce((sum, sample) => sum + sample * sample, 0);

const signalToErrorDb = (sound: Int16Array, heard: Int16Array, from: number, to: number): number => {
  const error = sound.subarray(from, to).map((sample, i) => sample - (heard[from + i] ?? 0));
  return 10 * Math.log10(energy(sound.subarray(from, to)) / (energy(error) + 1));
};

describe.each([8000, 16000])('at %i Hz', (rate) => {
  test.each([100, 125, 200, 250])(
    '10 ms of a voice with a pitch of %i Hz are as if they had not been lost',
    (pitch) => {
      const sound = voice(pitch, rate, rate);
      const { heard, at } = lose(sound, rate, 20);
      expect(signalToErrorDb(sound, heard, at, at + rate / 100)).toBeGreaterThan(40);
      // From then on it fades by a fifth each 10 ms, which leaves an error of its own.
      expect(signalToErrorDb(sound, heard, at, at + rate / 50)).toBeGreaterThan(15);
    },
  );

  test.each([110, 150, 210, 300])('a pitch of %i Hz, between whole samples, is met well enough', (pitch) => {
    const sound = voice(pitch, rate, rate);
    const { heard, at } = lose(sound, rate, 10);
    expect(signalToErrorDb(sound, heard, at, at + rate / 100)).toBeGreaterThan(9);
  });

  test.each([10, 20, 30, 60])('a loss of %i ms makes no step that the voice itself has not', (lossMs) => {
    const steps = (samples: Int16Array): number =>
      samples.reduce((most, sample, i) => Math.max(most, Math.abs(sample - (samples[i - 1] ?? sample))), 0);
    for (const pitch of [110, 125, 150, 210, 250, 330]) {
      const sound = voice(pitch, rate, rate);
      const { heard } = lose(sound, rate, lossMs);
      expect([pitch, steps(heard) <= 1.1 * steps(sound)]).toEqual([pitch, true]);
    }
  });

  test('it fades out over 60 ms, and is silent from then on', () => {
    const sound = voice(125, rate, rate);
    const { heard, at } = lose(sound, rate, 100);
    const tenMs = rate / 100;
    const levels = Array.from({ length: 10 }, (_, i) => energy(heard.subarray(at + i * tenMs, at + (i + 1) * tenMs)));
    for (let i = 1; i < 6; i++) expect(levels[i]).toBeLessThan(0.99 * (levels[i - 1] ?? 0));
    expect(levels.slice(6)).toEqual([0, 0, 0, 0]);
  });

  test('nothing heard before is concealed as silence', () => {
    const concealer = createConcealer(rate);
    concealer.begin();
    expect(energy(concealer.fill(rate / 10))).toBe(0);
  });
});

describe('in a track', () => {
  const sound = voice(125, 8000, 8000);
  const withLoss = (from: number, count: number) => {
    const sender = createSender({ network: (index) => (index >= from && index < from + count ? undefined : 0) });
    sender.say(sound);
    return render(sender.arrivals(), 1020);
  };

  test('one lost packet is hardly missed, and its neighbours stay', () => {
    const { samples, track } = withLoss(25, 1);
    const heard = samples.subarray(160);
    expect(signalToErrorDb(sound, heard, 25 * 160, 26 * 160)).toBeGreaterThan(15);
    expect(track.report).toMatchObject({ lost: 1, concealedMs: 20 });
  });

  test('ten lost packets are 60 ms of concealment and 140 ms of silence', () => {
    const { samples, track } = withLoss(20, 10);
    const heard = samples.subarray(160);
    const silence = heard.subarray(20 * 160 + 480, 30 * 160);
    expect(energy(silence)).toBe(0);
    expect(energy(heard.subarray(20 * 160, 20 * 160 + 480))).toBeGreaterThan(0);
    expect(track.report).toMatchObject({ lost: 10, concealedMs: 60 });
  });
});
