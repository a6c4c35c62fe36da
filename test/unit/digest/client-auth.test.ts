import { describe, expect, test } from 'vitest';
import { createClientAuth, md5Challenge } from '../../../src/switch/sip/digest/client-auth.ts';

describe('the challenge that drachtio-srf can answer', () => {
  test.each([
    ['Digest realm="a", nonce="b"', 'Digest realm="a", nonce="b", algorithm=MD5'],
    [
      'Digest realm="a", nonce="b", algorithm=SHA-256, qop="auth",Digest realm="a", nonce="c", algorithm=md5, qop="auth,auth-int", opaque="o"',
      'Digest realm="a", nonce="c", opaque="o", qop="auth", algorithm=MD5',
    ],
    ['Digest realm="a", nonce="b", algorithm=SHA-256', undefined],
    ['Basic realm="a"', undefined],
    [undefined, undefined],
  ])('of %j is %j', (header, challenge) => {
    expect(md5Challenge(header)).toBe(challenge);
  });
});

test('the password is given for a challenge that can be answered, of a server and of a proxy', () => {
  for (const [statusCode, name] of [
    [401, 'www-authenticate'],
    [407, 'proxy-authenticate'],
  ] as const) {
    const headers = { [name]: 'Digest realm="a", nonce="b", algorithm=SHA-256, Digest realm="a", nonce="c"' };
    const given: unknown[] = [];
    createClientAuth({ username: 'u', password: 'p' }, () => undefined)({}, { statusCode, headers }, (...all) => {
      given.push(...all);
    });
    expect([given, headers[name]]).toEqual([[null, 'u', 'p'], 'Digest realm="a", nonce="c", algorithm=MD5']);
  }
});

test('where none can be answered it is said', () => {
  const said: string[] = [];
  const headers = { 'www-authenticate': 'Digest realm="a", nonce="b", algorithm=SHA-512-256' };
  createClientAuth({ username: 'u', password: 'p' }, (why) => said.push(why))(
    {},
    { statusCode: 401, headers },
    (err) => {
      said.push(String(err?.message));
    },
  );
  expect(said).toEqual([expect.stringContaining('MD5'), expect.stringContaining('MD5')]);
});
