import fc from 'fast-check';
import { expect, test } from 'vitest';
import { glareWaitMs, refusalOfOffer } from '../../../src/switch/sip/glare.ts';

test('an offer is taken while none is open, refused with 491 while ours is, and put off while their own is', () => {
  expect(refusalOfOffer('none', 0)).toBeUndefined();
  expect(refusalOfOffer('ours', 0)).toEqual({ status: 491, headers: {} });
  expect(refusalOfOffer('theirs', 0.999)).toEqual({ status: 500, headers: { 'Retry-After': '10' } });
});

test('who owns the Call-ID waits 2.1 to 4 s in steps of 10 ms, the other up to 2 s', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (lot) => {
      const [owner, other] = [glareWaitMs(true, lot), glareWaitMs(false, lot)];
      expect(owner % 10 === 0 && owner >= 2100 && owner <= 4000, `${owner}`).toBe(true);
      expect(other % 10 === 0 && other >= 0 && other <= 2000, `${other}`).toBe(true);
    }),
  );
});
