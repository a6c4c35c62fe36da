import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { SipreelError } from '../../../src/errors/error.ts';
import { createNonces } from '../../../src/switch/sip/digest/nonces.ts';
import { type DigestAlgorithm, digestProof } from '../../../src/switch/sip/digest/proof.ts';
import {
  createInboundTrunks,
  type InboundTrunk,
  type InboundTrunkOptions,
} from '../../../src/switch/sip/inbound-trunks.ts';

const nowMs = Date.UTC(2026, 0, 1);
const lifetimeMs = 60_000;
const account = { username: 'pbx', password: 'secret' };
const byAddress: InboundTrunk = { name: 'carrier', addresses: ['192.0.2.0/24'] };
const byBoth: InboundTrunk = {
  name: 'both',
  addresses: ['198.51.100.7'],
  inbound: { auth: account, realm: 'both.example' },
};
const byName: InboundTrunk = { name: 'roaming', addresses: [], inbound: { auth: account } };
const outboundOnly: InboundTrunk = { name: 'out', addresses: [] };

const create = (trunks: readonly InboundTrunk[], more: Partial<InboundTrunkOptions> = {}) => {
  const nonces = createNonces({ secret: 's', lifetimeMs });
  const compiled = createInboundTrunks(trunks, {
    unknownSource: 'auto',
    realm: 'sipreel',
    algorithms: ['SHA-256', 'MD5'],
    nonces,
    ...more,
  });
  const ask = (source: string, authorization?: string, atMs = nowMs) =>
    compiled.callerOf({ source, method: 'INVITE', authorization }, atMs);
  return { ...compiled, ask, nonce: (salt = 'salt....', atMs = nowMs) => nonces.make(atMs, Buffer.from(salt)) };
};

interface Given {
  readonly nonce: string;
  readonly username?: string;
  readonly password?: string;
  readonly realm?: string;
  readonly algorithm?: DigestAlgorithm;
  readonly nc?: string;
  readonly method?: string;
}

const authorization = (given: Given): string => {
  const { username = 'pbx', password = 'secret', realm = 'sipreel', algorithm = 'SHA-256', nc = '00000001' } = given;
  const request = { method: given.method ?? 'INVITE', realm, uri: 'sip:1000@example.com', nonce: given.nonce };
  const response = digestProof({ username, password }, algorithm, { ...request, qop: { nc, cnonce: 'c' } });
  return (
    `Digest username="${username}", realm="${realm}", nonce="${given.nonce}", uri="${request.uri}", ` +
    `response="${response}", algorithm=${algorithm}, qop=auth, nc=${nc}, cnonce="c"`
  );
};

describe('by address', () => {
  test.each([
    [[], 'auto', '203.0.113.1', { kind: 'stranger' }],
    [[outboundOnly], 'auto', '203.0.113.1', { kind: 'stranger' }],
    [[byAddress], 'auto', '192.0.2.9', { kind: 'trunk', trunk: 'carrier' }],
    [[byAddress], 'auto', '203.0.113.1', { kind: 'unknown', answer: 'refuse' }],
    [[byAddress], 'allow', '203.0.113.1', { kind: 'stranger' }],
    [[byAddress], 'ignore', '203.0.113.1', { kind: 'unknown', answer: 'ignore' }],
    [[], 'refuse', '203.0.113.1', { kind: 'unknown', answer: 'refuse' }],
    [[byAddress], 'auto', 'garbage', { kind: 'unknown', answer: 'refuse' }],
  ] as const)('%j with %s: %s', (trunks, unknownSource, source, caller) => {
    expect(create(trunks, { unknownSource }).ask(source)).toEqual(caller);
  });

  test('the first trunk with the address counts', () => {
    expect(create([{ name: 'all', addresses: ['0.0.0.0/0'] }, byAddress]).ask('192.0.2.1')).toMatchObject({
      trunk: 'all',
    });
  });
});

describe('by digest', () => {
  test('a trunk without addresses is asked, and found by its user', () => {
    const trunks = create([byAddress, byName]);
    const challenge = { kind: 'challenge', realm: 'sipreel', stale: false, algorithms: ['SHA-256', 'MD5'] };
    expect(trunks.ask('203.0.113.1')).toEqual(challenge);
    for (const [index, algorithm] of (['SHA-256', 'MD5'] as const).entries()) {
      const given = authorization({ nonce: trunks.nonce(`salt...${index}`), algorithm });
      expect(trunks.ask('203.0.113.1', given)).toEqual({ kind: 'trunk', trunk: 'roaming' });
    }
  });

  test('a trunk with addresses has its own realm, and is asked from there alone', () => {
    const trunks = create([byBoth]);
    expect(trunks.ask('198.51.100.7')).toMatchObject({ kind: 'challenge', realm: 'both.example' });
    const given = authorization({ nonce: trunks.nonce(), realm: 'both.example' });
    expect(trunks.ask('203.0.113.1', given)).toEqual({ kind: 'unknown', answer: 'refuse' });
    expect(trunks.ask('198.51.100.7', given)).toEqual({ kind: 'trunk', trunk: 'both' });
  });

  test.each([
    ['a wrong password', { password: 'guess' }, 'the password is wrong'],
    ['an unknown user', { username: 'nobody' }, 'no trunk has this user'],
    ['an unknown user with the empty password', { username: '', password: '' }, 'no trunk has this user'],
    ['the proof of another method', { method: 'REGISTER' }, 'the password is wrong'],
  ])('%s proves nothing', (_what, given, why) => {
    const trunks = create([byName]);
    expect(trunks.ask('203.0.113.1', authorization({ nonce: trunks.nonce(), ...given }))).toMatchObject({
      kind: 'wrong',
      why,
    });
  });

  test('credentials for another realm are none', () => {
    const trunks = create([byName]);
    const given = authorization({ nonce: trunks.nonce(), realm: 'elsewhere' });
    expect(trunks.ask('203.0.113.1', given)).toMatchObject({ kind: 'challenge', stale: false });
    const own = authorization({ nonce: trunks.nonce() });
    expect(trunks.ask('203.0.113.1', `${given}, ${own}`)).toMatchObject({ kind: 'trunk' });
  });

  test('what was not asked for is not taken: no qop, another algorithm', () => {
    const trunks = create([byName], { algorithms: ['SHA-256'] });
    const given = authorization({ nonce: trunks.nonce() });
    expect(trunks.ask('203.0.113.1', given.replace('qop=auth', 'qop=auth-int'))).toMatchObject({ kind: 'wrong' });
    expect(trunks.ask('203.0.113.1', given.replace('qop=auth, ', ''))).toMatchObject({ kind: 'wrong' });
    const md5 = authorization({ nonce: trunks.nonce(), algorithm: 'MD5' });
    expect(trunks.ask('203.0.113.1', md5)).toMatchObject({ why: 'the algorithm "MD5" was not offered' });
  });

  test('a right proof with a nonce that is used, old or of somebody else is asked again, and told that it is stale', () => {
    const trunks = create([byName]);
    const nonce = trunks.nonce();
    const given = authorization({ nonce });
    expect(trunks.ask('203.0.113.1', given)).toMatchObject({ kind: 'trunk' });
    expect(trunks.ask('203.0.113.1', given)).toMatchObject({ kind: 'challenge', stale: true });
    expect(trunks.ask('203.0.113.1', authorization({ nonce, nc: '00000002' }))).toMatchObject({ kind: 'trunk' });
    const old = authorization({ nonce, nc: '00000003' });
    expect(trunks.ask('203.0.113.1', old, nowMs + lifetimeMs)).toMatchObject({ kind: 'challenge', stale: true });
    const foreign = authorization({ nonce: 'of-another-server' });
    expect(trunks.ask('203.0.113.1', foreign)).toMatchObject({ kind: 'challenge', stale: true });
    const wrong = authorization({ nonce: 'of-another-server', password: 'guess' });
    expect(trunks.ask('203.0.113.1', wrong)).toMatchObject({ kind: 'wrong' });
  });

  test('a wrong proof uses no count up', () => {
    const trunks = create([byName]);
    const nonce = trunks.nonce();
    trunks.ask('203.0.113.1', authorization({ nonce, password: 'guess', nc: '000000ff' }));
    expect(trunks.ask('203.0.113.1', authorization({ nonce }))).toMatchObject({ kind: 'trunk' });
  });

  test('at one address an account stands beside the address alone', () => {
    const trunks = create([
      { name: 'plain', addresses: ['192.0.2.1'] },
      { name: 'account', addresses: ['192.0.2.1'], inbound: { auth: account } },
    ]);
    expect(trunks.ask('192.0.2.1')).toMatchObject({ trunk: 'plain' });
    expect(trunks.ask('192.0.2.1', authorization({ nonce: trunks.nonce() }))).toMatchObject({ trunk: 'account' });
    const wrong = authorization({ nonce: trunks.nonce(), password: 'guess' });
    expect(trunks.ask('192.0.2.1', wrong)).toMatchObject({ kind: 'wrong' });
  });

  test('only what every account can be checked by is offered', () => {
    const MD5 = createHash('md5').update('old:sipreel:secret').digest('hex');
    const old: InboundTrunk = { name: 'old', addresses: [], inbound: { auth: { username: 'old', ha1: { MD5 } } } };
    const trunks = create([byName, old]);
    expect(trunks.ask('203.0.113.1')).toMatchObject({ algorithms: ['MD5'] });
    const given = authorization({ nonce: trunks.nonce(), username: 'old', algorithm: 'MD5' });
    expect(trunks.ask('203.0.113.1', given)).toMatchObject({ trunk: 'old' });
  });
});

test('who is ignored does not learn by OPTIONS either that somebody is here', () => {
  const ignoring = create([byAddress], { unknownSource: 'ignore' });
  expect([ignoring.showsItself('192.0.2.1'), ignoring.showsItself('203.0.113.1')]).toEqual([true, false]);
  expect(create([byAddress]).showsItself('203.0.113.1')).toBe(true);
  // Where anybody may be asked for a password, everybody knows already.
  expect(create([byName], { unknownSource: 'ignore' }).showsItself('203.0.113.1')).toBe(true);
});

test.each<[string, readonly InboundTrunk[], Partial<InboundTrunkOptions>, RegExp]>([
  [
    'a realm of its own without addresses',
    [{ ...byName, inbound: { auth: account, realm: 'x' } }],
    {},
    /inbound\.realm/,
  ],
  ['everybody allowed beside a user to be asked', [byName], { unknownSource: 'allow' }, /never asked/],
  [
    'no algorithm that fits',
    [{ name: 'old', addresses: [], inbound: { auth: { username: 'u', ha1: { MD5: 'x' } } } }],
    { algorithms: ['SHA-256'] },
    /no algorithm/,
  ],
])('%s is refused at the start', (_what, trunks, options, message) => {
  const make = () => create(trunks, options);
  expect(make).toThrow(message);
  expect(make).toThrow(SipreelError);
});
