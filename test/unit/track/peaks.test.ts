import { expect, test } from 'vitest';
import { createPeakFinder } from '../../../src/recorder/track/peaks.ts';

test('each part of each channel has its greatest swing, however the sound is cut', () => {
  const finder = createPeakFinder(4, 2, 2);
  finder.push(Int16Array.of(100, -32768, -16384));
  finder.push(Int16Array.of(0, 0, 5, 8192, 16384));
  expect(finder.peaks()).toEqual([
    [128, 64],
    [255, 128],
  ]);
});

test('sound that is longer than was said counts to the last part', () => {
  const finder = createPeakFinder(1, 1, 3);
  finder.push(Int16Array.of(0, 0, 0, 32767));
  expect(finder.peaks()).toEqual([[0, 0, 255]]);
});
