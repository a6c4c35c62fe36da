import { expect, test } from 'vitest';
import { findVoice } from '../../../src/demo/likeness.ts';

/** A voice-like thing: noise whose loudness goes up and down; the same for the same seed. */
const babble = (seed: number, seconds: number): Int16Array => {
  let state = seed;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const samples = new Int16Array(seconds * 8000);
  let level = 0;
  for (let i = 0; i < samples.length; i++) {
    if (i % 800 === 0) level = random() < 0.3 ? 0 : random() * 12_000;
    samples[i] = (random() * 2 - 1) * level;
  }
  return samples;
};

test('a voice is found where it is', () => {
  const voice = babble(1, 3);
  const recording = new Int16Array(10 * 8000);
  recording.set(voice, 2.5 * 8000 + 37);
  const { atS, likeness } = findVoice(voice, recording);
  expect(atS).toBeCloseTo(2.5, 1);
  expect(likeness).toBeGreaterThan(0.95);
});

test('another voice is not taken for it', () => {
  expect(findVoice(babble(1, 3), babble(2, 10)).likeness).toBeLessThan(0.75);
});

test('silence, and a recording that is too short, have nothing of it', () => {
  expect(findVoice(babble(1, 3), new Int16Array(80_000)).likeness).toBe(0);
  expect(findVoice(babble(1, 3), new Int16Array(80)).likeness).toBe(0);
});
