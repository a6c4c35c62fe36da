import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SipreelError } from '../../../src/errors/error.ts';
import { type Bucket, createCallLimits, fullBucket, takeToken } from '../../../src/switch/sip/call-limits.ts';

const refusalOf = (act: () => unknown): SipreelError | undefined => {
  try {
    act();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof SipreelError) return thrown;
    throw thrown;
  }
};

test('a bucket gives a second of tokens at once, and then one after the other', () => {
  let bucket: Bucket = fullBucket(2, 0);
  const waits = [0, 0, 0, 499, 500, 500, 2000, 2000, 2000].map((atMs) => {
    const taken = takeToken(bucket, 2, atMs);
    bucket = taken.bucket;
    return Math.round(taken.waitMs);
  });
  expect(waits).toEqual([0, 0, 500, 1, 0, 500, 0, 0, 500]);
});

test('less than one in a second is one now and then', () => {
  const first = takeToken(fullBucket(0.5, 0), 0.5, 0);
  expect(first.waitMs).toBe(0);
  expect(takeToken(first.bucket, 0.5, 0).waitMs).toBe(2000);
  expect(takeToken(first.bucket, 0.5, 2000).waitMs).toBe(0);
});

test('however calls come, no more than the rate and one second of it are let in', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.integer({ min: -50, max: 400 }), { maxLength: 300 }),
      (rate, steps) => {
        let bucket = fullBucket(rate, 0);
        let [nowMs, latestMs, taken] = [0, 0, 0];
        for (const step of steps) {
          nowMs += step;
          latestMs = Math.max(latestMs, nowMs);
          const next = takeToken(bucket, rate, nowMs);
          bucket = next.bucket;
          if (next.waitMs === 0) taken++;
        }
        // A clock that goes backwards and forwards again fills what it has filled before once more, and no faster.
        const forwardMs = steps.reduce((sum, step) => sum + Math.max(0, step), 0);
        expect(taken).toBeLessThanOrEqual(rate + (forwardMs * rate) / 1000 + 1e-6);
      },
    ),
  );
});

test('calls at the same time are limited, and each that ends makes room for one, however often it is released', () => {
  const limits = createCallLimits('inbound', [{ name: 'a', limit: { maxCalls: 2, maxCps: 0 } }]);
  const first = limits.take('a', 0);
  limits.take('a', 0);
  const refusal = refusalOf(() => limits.take('a', 0));
  expect(refusal).toMatchObject({ code: 'trunk_full', message: 'the trunk a has 2 inbound calls, its max_calls' });
  expect(refusal?.kind.sip).toBe(503);
  first.release();
  first.release();
  expect(limits.active('a')).toBe(1);
  limits.take('a', 0);
  expect(refusalOf(() => limits.take('a', 0))).toBeDefined();
});

test('new calls are limited by the second, and told when to come again', () => {
  const limits = createCallLimits('inbound', [{ name: 'a', limit: { maxCalls: 0, maxCps: 0.25 } }]);
  limits.take('a', 0).release();
  expect(refusalOf(() => limits.take('a', 0))?.details).toMatchObject({ retryAfterS: 4 });
  expect(refusalOf(() => limits.take('a', 3500))?.details).toMatchObject({ retryAfterS: 1 });
  expect(refusalOf(() => limits.take('a', 4000))).toBeUndefined();
});

test('a trunk without limits is counted alone, and one that is not known is nothing', () => {
  const limits = createCallLimits('inbound', [{ name: 'a', limit: undefined }]);
  for (let calls = 0; calls < 100; calls++) limits.take('a', 0);
  expect(limits.active('a')).toBe(100);
  limits.take('b', 0).release();
  expect(limits.active('b')).toBe(0);
});
