import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createMask } from '../../../src/recorder/track/mask.ts';

it('makes masked samples silent and no others, however the track is cut into chunks', () => {
  const place = fc.integer({ min: -20, max: 120 });
  fc.assert(
    fc.property(
      fc.array(fc.record({ from: place, length: fc.nat(30) }), { maxLength: 5 }),
      fc.array(fc.nat(40), { maxLength: 8 }),
      (parts, chunks) => {
        const masked = parts.map(({ from, length }) => ({ from, to: from + length }));
        const mask = createMask(masked);
        const sound = chunks.flatMap((length) => {
          const chunk = new Int16Array(length).fill(7);
          const result = [...mask(chunk)];
          expect([...chunk]).toEqual(Array.from({ length }, () => 7));
          return result;
        });
        const expected = sound.map((_, i) => (masked.some(({ from, to }) => i >= from && i < to) ? 0 : 7));
        expect(sound).toEqual(expected);
      },
    ),
  );
});
