import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createCut } from '../../../src/recorder/track/cut.ts';

test('what is left is what is in no part, whatever the chunks', () => {
  const lengths = fc.array(fc.nat(30), { maxLength: 20 });
  const borders = fc.array(fc.nat(400), { maxLength: 10 });
  fc.assert(
    fc.property(lengths, borders, (chunkLengths, unsorted) => {
      const sorted = [...unsorted].sort((a, b) => a - b);
      const parts = Array.from({ length: Math.floor(sorted.length / 2) }, (_, i) => ({
        from: sorted[2 * i] ?? 0,
        to: sorted[2 * i + 1] ?? 0,
      }));
      const cut = createCut(parts);
      let next = 0;
      const left = chunkLengths.flatMap((length) =>
        cut(Int16Array.from({ length }, () => next++)).flatMap((piece) => [...piece]),
      );
      const all = Array.from({ length: next }, (_, i) => i);
      expect(left).toEqual(all.filter((i) => !parts.some(({ from, to }) => i >= from && i < to)));
    }),
  );
});

test('a chunk that nothing is cut from passes as it is', () => {
  const chunk = new Int16Array(10);
  expect(createCut([{ from: 20, to: 30 }])(chunk)).toEqual([chunk]);
});
