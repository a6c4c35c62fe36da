import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  createSequenceExtender,
  createTimestampExtender,
  sequenceDistance,
  timestampDistance,
} from '../../../src/rtp/sequence.ts';

describe('an extended sequence number', () => {
  test('goes on over the wrap', () => {
    const extender = createSequenceExtender();
    expect([65534, 65535, 0, 1].map(extender.extend)).toEqual([65534, 65535, 65536, 65537]);
  });

  test('of a packet from before the wrap that comes after it is the old one', () => {
    const extender = createSequenceExtender();
    expect([65534, 1, 65535, 0, 2].map(extender.extend)).toEqual([65534, 65537, 65535, 65536, 65538]);
  });

  test('older than the first is negative', () => {
    const extender = createSequenceExtender();
    expect([1, 65535].map(extender.extend)).toEqual([1, -1]);
  });

  test('is right for any path that moves less than half the range at a time', () => {
    fc.assert(
      fc.property(fc.nat(65535), fc.array(fc.integer({ min: -5000, max: 30000 })), (first, steps) => {
        const extender = createSequenceExtender();
        let highest = first;
        extender.extend(first);
        for (const step of steps) {
          const value = highest + step;
          expect(extender.extend(((value % 65536) + 65536) % 65536)).toBe(value);
          highest = Math.max(highest, value);
        }
      }),
    );
  });
});

test('an extended timestamp goes on over many wraps', () => {
  const extender = createTimestampExtender();
  let wanted = 4_000_000_000;
  extender.extend(wanted);
  for (let i = 0; i < 20; i++) {
    wanted += 1_500_000_000;
    expect(extender.extend(wanted % 2 ** 32)).toBe(wanted);
  }
});

test('peeking answers the same and changes nothing', () => {
  const extender = createTimestampExtender();
  extender.extend(100);
  expect(extender.peek(2 ** 32 - 100)).toBe(-100);
  expect(extender.highest).toBe(100);
});

test('distances are signed and take the short way round', () => {
  expect(sequenceDistance(2, 65534)).toBe(4);
  expect(sequenceDistance(65534, 2)).toBe(-4);
  expect(sequenceDistance(2, 65536 * 7 + 65534)).toBe(4);
  expect(timestampDistance(5, 4294967290)).toBe(11);
  expect(timestampDistance(4294967290, 5)).toBe(-11);
});
