import fc from 'fast-check';
import { expect, test } from 'vitest';
import { percentiles } from '../../../bench/measure/percentiles.ts';

test.each([
  [[], { p50: 0, p95: 0, max: 0 }],
  [[7], { p50: 7, p95: 7, max: 7 }],
  [[3, 1, 2], { p50: 2, p95: 3, max: 3 }],
  [Array.from({ length: 100 }, (_, i) => 100 - i), { p50: 50, p95: 95, max: 100 }],
])('percentiles of %j', (values, expected) => {
  expect(percentiles(values)).toEqual(expected);
});

test('each percentile is a value that was measured, and at least its share is not above it', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true, min: 0, max: 1e6 }), { minLength: 1 }), (values) => {
      const { p50, p95, max } = percentiles(values);
      for (const [share, value] of [
        [0.5, p50],
        [0.95, p95],
        [1, max],
      ] as const) {
        expect(values).toContain(value);
        expect(values.filter((each) => each <= value).length).toBeGreaterThanOrEqual(share * values.length);
      }
    }),
  );
});
