import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { canProve, type DigestAlgorithm, digestProof, sameProof } from '../../../src/switch/sip/digest/proof.ts';

/** RFC 7616 §3.9.1. */
const example = {
  method: 'GET',
  realm: 'http-auth@example.org',
  uri: '/dir/index.html',
  nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
  qop: { nc: '00000001', cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ' },
};
const mufasa = { username: 'Mufasa', password: 'Circle of Life' };
const proofs: readonly (readonly [DigestAlgorithm, string])[] = [
  ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
  ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
];

test.each(proofs)('%s gives what RFC 7616 gives', (algorithm, proof) => {
  expect(digestProof(mufasa, algorithm, example)).toBe(proof);
});

test.each(proofs)('a stored hash does in place of the password: %s', (algorithm, proof) => {
  const name = algorithm === 'MD5' ? 'md5' : 'sha256';
  const ha1 = createHash(name).update(`Mufasa:${example.realm}:Circle of Life`).digest('hex').toUpperCase();
  const account = { username: 'Mufasa', ha1: { [algorithm]: ha1 } };
  expect(digestProof(account, algorithm, example)).toBe(proof);
  const other = algorithm === 'MD5' ? 'SHA-256' : 'MD5';
  expect([canProve(account, algorithm), canProve(account, other)]).toEqual([true, false]);
  expect(digestProof(account, other, example)).toBeUndefined();
});

test('without qop the proof is that of RFC 2069', () => {
  const request = { method: 'GET', realm: 'testrealm@host.com', uri: '/dir/index.html', nonce: 'dcd98b' };
  const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
  const expected = md5(`${md5('Mufasa:testrealm@host.com:Circle of Life')}:dcd98b:${md5('GET:/dir/index.html')}`);
  expect(digestProof(mufasa, 'MD5', request)).toBe(expected);
});

test('proofs are compared without regard to case, and none equals one of another length', () => {
  expect(sameProof('AbC1', 'aBc1')).toBe(true);
  expect(sameProof('abc1', 'abc2')).toBe(false);
  expect(sameProof('', 'abc')).toBe(false);
});
