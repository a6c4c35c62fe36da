import { describe, expect, test } from 'vitest';
import { createRouter } from '../../../src/switch/sip/route.ts';

const trunks = [
  { name: 'carrier', addresses: ['192.0.2.0/24', '198.51.100.7'] },
  { name: 'six', addresses: ['2001:db8::/32'] },
];
const routes = [
  { to: '4930*', trunk: 'carrier', script: 'berlin' },
  { to: '1000', script: 'exact' },
  { to: '*', trunk: 'six', script: 'six' },
  { to: '+49*', script: 'plus' },
];
const route = createRouter(routes, trunks);

describe('the first route that fits counts', () => {
  test.each([
    ['493012', '192.0.2.9', 'berlin', 'carrier'],
    ['493012', '198.51.100.7', 'berlin', 'carrier'],
    ['493012', '203.0.113.1', undefined, undefined],
    ['1000', '203.0.113.1', 'exact', undefined],
    ['1000', '192.0.2.1', 'exact', 'carrier'],
    ['10000', '203.0.113.1', undefined, undefined],
    ['anything', '2001:db8::5', 'six', 'six'],
    ['+4930', '203.0.113.1', 'plus', undefined],
    ['4930', '203.0.113.1', undefined, undefined],
    ['', '203.0.113.1', undefined, undefined],
    ['1000', 'garbage', 'exact', undefined],
  ])('%s from %s runs %s', (number, source, script, trunk) => {
    const found = route(number, source);
    expect(found?.route.script).toBe(script);
    expect(found?.trunk).toBe(trunk);
  });
});

test('characters that mean something in patterns mean themselves in numbers', () => {
  const dotted = createRouter([{ to: 'a.b+c*', script: 'x' }], []);
  expect(dotted('a.b+cd', '')?.route.script).toBe('x');
  expect(dotted('aXb+cd', '')).toBeUndefined();
});
