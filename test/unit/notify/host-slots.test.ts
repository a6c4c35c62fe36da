import { expect, test } from 'vitest';
import { createHostSlots } from '../../../src/recorder/notify/host-slots.ts';

const answered = (tookMs: number) => ({ answered: true, tookMs });
const silent = (tookMs: number) => ({ answered: false, tookMs });

test('a host has so many places, and others have their own', () => {
  const slots = createHostSlots(2);
  expect([slots.take('a', 0), slots.take('a', 0)]).toEqual([undefined, undefined]);
  expect(slots.take('a', 0)).toBeGreaterThan(0);
  expect(slots.take('b', 0)).toBeUndefined();
  slots.release('a', answered(10), 10);
  expect(slots.take('a', 10)).toBeUndefined();
});

test('those who wait get moments one after the other, at the pace of the host', () => {
  const slots = createHostSlots(2);
  for (let i = 0; i < 40; i += 1) {
    slots.take('a', 0);
    slots.release('a', answered(1_000), 0);
  }
  slots.take('a', 0);
  slots.take('a', 0);
  const waits = Array.from({ length: 4 }, () => slots.take('a', 0) ?? 0);
  // Two at once that take a second each: one every half second.
  for (const [i, wait] of waits.entries()) expect(wait).toBeCloseTo(500 * (i + 1), -1);
});

test('a host that gives no answer gets one at a time, until it does', () => {
  const slots = createHostSlots(8);
  slots.take('a', 0);
  slots.release('a', silent(10_000), 10_000);
  expect(slots.take('a', 10_000)).toBeUndefined();
  const waits = Array.from({ length: 1_000 }, () => slots.take('a', 10_000) ?? 0);
  expect(Math.max(...waits), 'nobody waits for long').toBeLessThanOrEqual(30_000);
  slots.release('a', answered(20), 20_000);
  expect(Array.from({ length: 8 }, () => slots.take('a', 20_000))).toEqual(Array(8).fill(undefined));
  expect(slots.take('a', 20_000), 'the pace of the dead host is forgotten').toBeLessThan(1_000);
});
