import { expect, test } from 'vitest';
import { gatherLosses } from '../../../src/recorder/encode/sound-report.ts';

test('losses that are near are one, and of many the largest are told, in order', () => {
  expect(
    gatherLosses([
      { at: 100, packets: 1 },
      { at: 500, packets: 2 },
      { at: 1_500, packets: 1 },
    ]),
  ).toEqual([
    { at: 100, packets: 3 },
    { at: 1_500, packets: 1 },
  ]);
  const many = Array.from({ length: 300 }, (_, i) => ({ at: i * 1_000, packets: i }));
  expect(gatherLosses(many)).toEqual(many.slice(-100));
});
