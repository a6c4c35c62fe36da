import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dueFrames, longestBurst } from '../../../src/switch/media/prompt/pace.ts';

describe('the pace of the clock', () => {
  it.each([
    ['on time', 5, 100, { first: 5, last: 5, skipped: 0 }],
    ['woken half a millisecond too early', 5, 99.5, { first: 5, last: 5, skipped: 0 }],
    ['woken much too early', 5, 90, { first: 5, last: 4, skipped: 0 }],
    ['half a frame late', 5, 110, { first: 5, last: 5, skipped: 0 }],
    ['three frames late', 5, 161, { first: 5, last: 8, skipped: 0 }],
    ['as late as a burst makes up for', 5, 285, { first: 5, last: 14, skipped: 0 }],
    ['a frame later than that', 5, 305, { first: 6, last: 15, skipped: 1 }],
    ['after an hour of sleep', 5, 3_600_000, { first: 179_991, last: 180_000, skipped: 179_986 }],
  ])('%s', (_, next, elapsedMs, expected) => {
    expect(dueFrames(next, elapsedMs)).toEqual(expected);
  });

  it('sends or skips each frame once, whenever it is woken, and never runs ahead or falls behind', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 400, noNaN: true }), { maxLength: 200 }), (pauses) => {
        let next = 0;
        let now = 0;
        for (const pause of pauses) {
          now += pause;
          const due = dueFrames(next, now);
          expect(due.first).toBe(next + due.skipped);
          expect(due.last - due.first + 1).toBeLessThanOrEqual(longestBurst);
          expect(due.last * 20).toBeLessThanOrEqual(now + 1);
          expect((due.last + 1) * 20).toBeGreaterThan(now);
          next = due.last + 1;
        }
      }),
    );
  });
});
