import { expect, test } from 'vitest';
import { createOccasions } from '../../../src/switch/sip/occasions.ts';

test('each key is told once in an interval, and then with how often it was not', () => {
  const occasions = createOccasions({ intervalMs: 1000 });
  const arise = (key: string, atMs: number) => occasions.arise(key, atMs);
  expect([arise('a', 0), arise('a', 1), arise('b', 2), arise('a', 999)]).toEqual([0, undefined, 0, undefined]);
  expect([arise('a', 1000), arise('a', 1001), arise('a', 3000)]).toEqual([2, undefined, 1]);
});

test('a flood of keys takes no more memory than it may', () => {
  const occasions = createOccasions({ intervalMs: 1000, kept: 3 });
  for (const key of ['a', 'b', 'c', 'd']) occasions.arise(key, 0);
  expect([occasions.arise('d', 1), occasions.arise('a', 1)]).toEqual([undefined, 0]);
});
