import { expect, test } from 'vitest';
import { changedLevels } from '../../../src/ops/events/level-feed.ts';
import { gatherHours } from '../../../src/ops/http/api/statistics.ts';

test('of levels those are told that have changed', () => {
  const before = { a: { speak: -20, listen: -100 }, b: { speak: -20 }, gone: { speak: -1 } };
  const now = { a: { speak: -20, listen: -100 }, b: { speak: -21 }, c: { listen: -100 } };
  expect(changedLevels(before, now)).toEqual({ b: { speak: -21 }, c: { listen: -100 } });
});

test('hours are gathered into days of UTC', () => {
  const hour = { recordings: 1, seconds: 2, bytes: 3, freed_bytes: 4, packets: 5, lost: 6 };
  const day = 1_767_225_600;
  const times = [day - 3_600, day, day + 23 * 3_600];
  expect(
    gatherHours(
      times.map((time) => ({ time, ...hour })),
      86_400,
    ),
  ).toEqual([
    { time: day - 86_400, ...hour },
    { time: day, recordings: 2, seconds: 4, bytes: 6, freed_bytes: 8, packets: 10, lost: 12 },
  ]);
});
