import { describe, expect, test } from 'vitest';
import { createNetwork, isNetwork } from '../../../src/net/networks.ts';

describe('addresses and networks', () => {
  test.each(['192.0.2.1', '192.0.2.0/24', '0.0.0.0/0', '2001:db8::1', '2001:db8::/32'])('%s is one', (text) => {
    expect(isNetwork(text)).toBe(true);
  });

  test.each(['', 'carrier.example', '192.0.2.0/33', '2001:db8::/129', '192.0.2.0/', '192.0.2.0/a', '1.2.3.4/8/8'])(
    '%j is none',
    (text) => {
      expect(isNetwork(text)).toBe(false);
    },
  );

  test.each([
    ['192.0.2.9', true],
    ['198.51.100.7', true],
    ['198.51.100.8', false],
    ['2001:db8::5', true],
    ['2001:db9::5', false],
    ['garbage', false],
    ['', false],
  ])('%s is in them: %s', (address, inside) => {
    expect(createNetwork(['192.0.2.0/24', '198.51.100.7', '2001:db8::/32'])(address)).toBe(inside);
  });
});
