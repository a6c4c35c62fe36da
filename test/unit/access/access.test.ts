import { describe, expect, test } from 'vitest';
import { type AccessRequest, createAccess, mayDo } from '../../../src/ops/access/caller.ts';
import { type KeyRecord, keyInHeader, matches, newKey, parseKey } from '../../../src/ops/access/key.ts';
import { isLoopback } from '../../../src/ops/access/loopback.ts';
import { allows, scopes } from '../../../src/ops/access/scopes.ts';
import { checkSignature, signPath } from '../../../src/ops/access/url-signature.ts';

const urlKey = Buffer.alloc(32, 7);
const now = 1_767_225_600;
const path = '/recordings/7d5d1d3c-2d2c-4a3f-8c7d-0123456789ab.wav';

const signatureIn = (signed: string) => {
  const query = new URLSearchParams(signed.split('?')[1]);
  return { expires: query.get('expires') ?? '', signature: query.get('signature') ?? '' };
};

describe('a key', () => {
  test('is recognised by its hash, and by nothing else', () => {
    const { key, record } = newKey({ name: 'desk', scopes: ['read'], created: now });
    const parts = parseKey(key);
    expect(parts?.id).toBe(record.id);
    expect(JSON.stringify(record)).not.toContain(parts?.secret);
    expect(matches(parts?.secret ?? '', record)).toBe(true);
    expect(matches(`${parts?.secret.slice(0, -1)}!`, record)).toBe(false);
    expect(matches('', record)).toBe(false);
    expect(matches(parts?.secret ?? '', { hash: 'odd' })).toBe(false);
    expect(newKey({ name: 'desk', scopes: ['read'], created: now }).key).not.toBe(key);
  });

  test.each([
    [undefined, undefined],
    ['', undefined],
    ['Bearer', undefined],
    ['Bearer abc', 'abc'],
    ['bearer  abc', 'abc'],
    ['Digest abc', undefined],
    [`Basic ${Buffer.from('project:a:b').toString('base64')}`, 'a:b'],
    [`Basic ${Buffer.from('nocolon').toString('base64')}`, ''],
  ])('in the header %j is %j', (header, key) => {
    expect(keyInHeader(header)).toBe(key);
  });

  test('with admin may do all, another only what it is for', () => {
    for (const needed of scopes) {
      expect(allows(['admin'], needed)).toBe(true);
      expect(allows(['read'], needed)).toBe(needed === 'read');
      expect(allows([], needed)).toBe(false);
      expect(mayDo({ by: 'url' }, needed)).toBe(needed === 'audio');
    }
  });
});

describe('a signed URL', () => {
  const signed = signPath(urlKey, path, now + 60);

  test('is good for its path until it expires', () => {
    expect(signed).toMatch(/^\/recordings\/[^?]+\?expires=1767225660&signature=[\w-]{43}$/);
    const parts = signatureIn(signed);
    expect(checkSignature(urlKey, path, parts, now)).toBe('valid');
    expect(checkSignature(urlKey, path, parts, now + 59.9)).toBe('valid');
    expect(checkSignature(urlKey, path, parts, now + 60)).toBe('expired');
  });

  test.each([
    ['another path', path.replace('wav', 'mp3'), {}],
    ['a later end', path, { expires: String(now + 61) }],
    ['an end in another form', path, { expires: `0${now + 60}` }],
    ['an end that is none', path, { expires: 'never' }],
    ['no end', path, { expires: '' }],
    ['no signature', path, { signature: '' }],
    ['half a signature', path, { signature: 'AAAA' }],
    ['undefined', path, { signature: 'undefined' }],
  ])('is wrong with %s', (_what, at, change) => {
    expect(checkSignature(urlKey, at, { ...signatureIn(signed), ...change }, now)).toBe('wrong');
    expect(checkSignature(Buffer.alloc(32, 8), path, signatureIn(signed), now)).toBe('wrong');
  });
});

describe('who gets in', () => {
  const { key, record } = newKey({ name: 'desk', scopes: ['read'], created: now });
  const accessOf = (records: readonly KeyRecord[], loopback = true) =>
    createAccess({
      keys: {
        find: async (id) => records.find((one) => one.id === id),
        any: async () => records.length > 0,
        used: () => undefined,
      },
      urlKey,
      loopback,
      now: () => now,
    });
  const get = (headers: AccessRequest['headers'] = {}): AccessRequest => ({
    headers: { host: '127.0.0.1:8080', ...headers },
    method: 'GET',
  });
  const post = (headers: AccessRequest['headers'] = {}): AccessRequest => ({ ...get(headers), method: 'POST' });
  const bearer = { authorization: `Bearer ${key}` };
  const signed = { ...get(), signed: { path, ...signatureIn(signPath(urlKey, path, now + 60)) } };

  test.each<[string, AccessRequest, readonly KeyRecord[], boolean, string]>([
    ['anybody on a loopback without keys', get(), [], true, 'loopback'],
    ['anybody by name on a loopback', get({ host: 'localhost:8080' }), [], true, 'loopback'],
    ['anybody by IPv6 on a loopback', get({ host: '[::1]:8080' }), [], true, 'loopback'],
    ['a POST from its own page', post({ origin: 'http://127.0.0.1:8080' }), [], true, 'loopback'],
    ['nobody without a key once there is one', get(), [record], true, 'key_missing'],
    ['nobody without a key where others reach it', get(), [], false, 'key_missing'],
    ['one with a key', get(bearer), [record], false, 'key'],
    ['one with a key, from whatever page', post({ ...bearer, origin: 'https://evil.example' }), [record], false, 'key'],
    ['nobody with a revoked key', get(bearer), [], true, 'key_unknown'],
    ['nobody with a key of others', get({ authorization: 'Bearer sk_live_123' }), [record], true, 'key_unknown'],
    ['one with a signed URL', signed, [record], false, 'url'],
    ['nobody by a name that points to us', get({ host: 'evil.example' }), [], true, 'origin_refused'],
    ['no page of another origin', post({ origin: 'https://evil.example' }), [], true, 'origin_refused'],
    ['no page without an origin', post({ origin: 'null' }), [], true, 'origin_refused'],
    ['no page of another site', post({ 'sec-fetch-site': 'cross-site' }), [], true, 'origin_refused'],
  ])('%s', async (_what, request, records, loopback, expected) => {
    const who = await accessOf(records, loopback)
      .identify(request)
      .then(
        (caller) => caller.by,
        (error: { code: string }) => error.code,
      );
    expect(who).toBe(expected);
  });

  test('an expired or wrong signature is no way in, not even where all are let in', async () => {
    const { identify } = accessOf([]);
    const expired = signatureIn(signPath(urlKey, path, now - 1));
    await expect(identify({ ...get(), signed: { path, ...expired } })).rejects.toMatchObject({ code: 'url_expired' });
    await expect(identify({ ...get(), signed: { ...signed.signed, path: '/x' } })).rejects.toMatchObject({
      code: 'url_signature_wrong',
    });
  });
});

test.each([
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['localhost', true],
  ['0.0.0.0', false],
  ['::', false],
  ['192.168.1.2', false],
  ['localhost.example.com', false],
])('%s reaches this machine alone: %s', (host, loopback) => {
  expect(isLoopback(host)).toBe(loopback);
});
