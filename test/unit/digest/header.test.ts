import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDigests, readCredentials, writeChallenges } from '../../../src/switch/sip/digest/header.ts';

const read = (text: string) => parseDigests(text).map((parameters) => Object.fromEntries(parameters));

describe('what a header holds', () => {
  test.each<[string, string, object[]]>([
    ['one', 'Digest realm="a", nonce=b', [{ realm: 'a', nonce: 'b' }]],
    ['two in one line', 'Digest realm="a", nonce="1",digest realm="b"', [{ realm: 'a', nonce: '1' }, { realm: 'b' }]],
    ['blanks and empty elements', 'DIGEST  realm = "a" ,, nonce =\t"b"', [{ realm: 'a', nonce: 'b' }]],
    ['commas and quotes in quotes', 'Digest realm="a, \\"b\\"", uri="sip:x"', [{ realm: 'a, "b"', uri: 'sip:x' }]],
    ['another scheme beside it', 'Basic realm="a", Digest realm="b"', [{ realm: 'b' }]],
    ['a parameter that comes twice', 'Digest realm="a", realm="b", Digest realm="c"', [{ realm: 'c' }]],
    ['nothing', '', []],
    ['no scheme', 'realm="a"', []],
    ['an open quote', 'Digest realm="a', []],
    ['far too much', `Digest realm="${'a'.repeat(5000)}"`, []],
  ])('%s', (_what, text, found) => {
    expect(read(text)).toEqual(found);
  });

  test('whatever comes is read in no time and without a fault', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (text) => {
        parseDigests(text);
        parseDigests(`Digest realm="x", ${text}`);
      }),
    );
    const startedAt = performance.now();
    for (const piece of [' ', ',', '"', '\\', 'a=', 'Digest ']) parseDigests(`Digest ${piece.repeat(4000)}`);
    expect(performance.now() - startedAt).toBeLessThan(500);
  });
});

test('credentials without an algorithm mean MD5', () => {
  const [credentials] = readCredentials('Digest username="u", realm="r", nonce="n", uri="sip:x", response="y"');
  expect(credentials).toMatchObject({ username: 'u', algorithm: 'MD5', qop: '', nc: '' });
});

test('a challenge names each algorithm, can be read again, and says stale only where it is', () => {
  const challenge = { realm: 'a "b" c', nonce: 'n', algorithms: ['SHA-256', 'MD5'] as const, stale: false };
  const [first = '', second = '', ...more] = writeChallenges(challenge);
  const common = { realm: 'a "b" c', nonce: 'n', qop: 'auth' };
  expect(read(first)).toEqual([{ ...common, algorithm: 'SHA-256' }]);
  expect(read(second)).toEqual([{ ...common, algorithm: 'MD5' }]);
  expect(more).toEqual([]);
  expect(read(writeChallenges({ ...challenge, stale: true })[0] ?? '')[0]).toMatchObject({ stale: 'true' });
});
