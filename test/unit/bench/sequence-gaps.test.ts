import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countStream, lostPackets } from '../../../bench/measure/sequence-gaps.ts';

test('a stream without packets has none and misses none', () => {
  expect(countStream([])).toEqual({ received: 0, missing: 0 });
});

test('whatever is taken out between first and last is missing, across the wrap and in any nearby order', () => {
  const scenario = fc
    .record({
      first: fc.integer({ min: 0, max: 65_535 }),
      length: fc.integer({ min: 2, max: 2000 }),
    })
    .chain(({ first, length }) =>
      fc.record({
        first: fc.constant(first),
        length: fc.constant(length),
        gone: fc.uniqueArray(fc.integer({ min: 1, max: length - 1 }), { maxLength: 20 }),
      }),
    );
  fc.assert(
    fc.property(scenario, ({ first, length, gone }) => {
      // The last one stays, or it would be no gap.
      const kept = Array.from({ length: length + 1 }, (_, i) => i).filter((i) => !gone.includes(i));
      const sequences = kept.map((i) => (first + i) % 65_536);
      // Neighbours swapped, and one packet twice.
      for (let i = 1; i + 1 < sequences.length; i += 7) {
        [sequences[i], sequences[i + 1]] = [sequences[i + 1] ?? 0, sequences[i] ?? 0];
      }
      sequences.push(sequences.at(-1) ?? 0);
      expect(countStream(sequences)).toEqual({ received: kept.length, missing: gone.length });
    }),
  );
});

test.each([
  ['complete', { received: 500, missing: 0 }, 10, 0],
  ['short by what the ends may leave out', { received: 495, missing: 0 }, 10, 0],
  ['cut off at an end', { received: 400, missing: 0 }, 10, 95],
  ['with gaps', { received: 490, missing: 10 }, 10, 10],
  ['with gaps and cut off', { received: 390, missing: 10 }, 10, 105],
  ['never begun', { received: 0, missing: 0 }, 10, 495],
])('lost packets of a stream that is %s', (_name, count, seconds, lost) => {
  expect(lostPackets(count, seconds)).toBe(lost);
});
