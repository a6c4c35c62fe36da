import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRouter } from '../../../src/switch/sip/route.ts';

const route = createRouter(
  [
    { to: '4930*', trunk: 'carrier', script: 'berlin' },
    { to: '1000', script: 'exact' },
    { to: '*', trunk: 'six', script: 'six' },
    { to: '+49*', script: 'plus' },
  ],
  ['carrier', 'six'],
);

describe('the first route that fits counts', () => {
  test.each([
    ['493012', 'carrier', 'berlin'],
    ['493012', undefined, undefined],
    ['1000', undefined, 'exact'],
    ['1000', 'carrier', 'exact'],
    ['10000', undefined, undefined],
    ['anything', 'six', 'six'],
    ['+4930', undefined, 'plus'],
    ['4930', undefined, undefined],
    ['', undefined, undefined],
  ])('%s from the trunk %s runs %s', (number, trunk, script) => {
    expect(route(number, trunk)?.script).toBe(script);
  });
});

test('characters that mean something in patterns mean themselves in numbers', () => {
  const dotted = createRouter([{ to: 'a.b+c*', script: 'x' }], []);
  expect(dotted('a.b+cd', undefined)?.script).toBe('x');
  expect(dotted('aXb+cd', undefined)).toBeUndefined();
});

test('stars stand for any characters, as often as they are there', () => {
  const text = (letters: string[], most: number) =>
    fc.array(fc.constantFrom(...letters), { maxLength: most }).map((each) => each.join(''));
  fc.assert(
    fc.property(text(['1', '2', '*'], 7), text(['1', '2'], 9), (to, number) => {
      const pattern = new RegExp(`^${to.replaceAll('*', '.*')}$`);
      expect(createRouter([{ to, script: 'x' }], [])(number, undefined) !== undefined).toBe(pattern.test(number));
    }),
  );
});

test('a caller can not hold the server up by a number that nearly fits', () => {
  const many = createRouter([{ to: '*1*2*1*2*3', script: 'x' }], []);
  const startedAt = performance.now();
  expect(many('12'.repeat(5_000), undefined)).toBeUndefined();
  expect(performance.now() - startedAt).toBeLessThan(500);
});

test('a route of a trunk that there is not is refused at the start', () => {
  const make = () => createRouter([{ to: '*', trunk: 'carier', script: 'x' }], ['carrier']);
  expect(make).toThrow('routes: there is no trunk "carier"; there are carrier');
});
