import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextAttempt } from '../../../src/recorder/notify/backoff.ts';

const day = 86_400_000;
const base = { ageMs: 0, maxAgeMs: day, firstMs: 1_000, random: 0.5 };

describe('the delay to the next attempt', () => {
  test.each([
    [1, 1_000],
    [2, 2_000],
    [3, 4_000],
    [8, 128_000],
    [10, 512_000],
    [11, 900_000],
    [500, 900_000],
    [Number.MAX_SAFE_INTEGER, 900_000],
  ])('after attempt %i is %i ms, before jitter', (attempt, delay) => {
    expect(nextAttempt({ ...base, attempt })).toBe(delay);
  });

  test.each([
    [0, 750],
    [0.999_999, 1_250],
  ])('with the random number %d is %i ms', (random, delay) => {
    expect(nextAttempt({ ...base, attempt: 1, random })).toBe(delay);
  });

  test.each([
    [day - 60_000, 60_000],
    [day - 0.2, 1],
    [day, 'give_up'],
    [day + 1, 'give_up'],
  ])('at an age of %d ms it ends at the full age: %s', (ageMs, next) => {
    expect(nextAttempt({ ...base, attempt: 20, ageMs })).toBe(next);
  });

  test('makes some hundred attempts in a day, and ends', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })), (random) => {
        let ageMs = 0;
        for (let attempt = 1; attempt < 400; attempt += 1) {
          const next = nextAttempt({ ...base, attempt, ageMs, random: random.next().value ?? 0 });
          if (next === 'give_up') {
            expect(attempt).toBeGreaterThan(80);
            return;
          }
          ageMs += next;
        }
        throw new Error('more than 400 attempts');
      }),
      { numRuns: 20 },
    );
  });
});
