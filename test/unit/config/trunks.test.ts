import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';

const load = (trunks: readonly object[]) => loadConfig({ base: { trunks } }).trunks;
const auth = { username: 'u', password: 'p' };
const outbound = { address: '192.0.2.1:5060' };

test('what is left out is no limit, OPTIONS each 30 s, and whatever the party has', () => {
  const [trunk] = load([{ name: 'a', addresses: ['192.0.2.0/24'], inbound: {}, outbound }]);
  const limit = { maxCalls: 0, maxCps: 0 };
  expect(trunk?.inbound).toEqual({ limit });
  expect(trunk?.outbound).toMatchObject({
    ...{ fromDomain: '', codecs: [], srtp: 'off', limit },
    probe: { intervalMs: 30_000, timeoutMs: 4000, failures: 3 },
    responseTimeoutMs: 4000,
  });
});

test('limits, probing and the domain have their own keys', () => {
  const [trunk] = load([
    {
      name: 'a',
      inbound: { auth, max_calls: 3, max_cps: 0.5 },
      outbound: {
        ...outbound,
        from_domain: 'sip.example:5061',
        codecs: ['PCMA'],
        probe: { interval: '0s' },
        response_timeout: '0s',
        max_calls: 7,
      },
    },
  ]);
  expect(trunk?.inbound).toEqual({ auth, limit: { maxCalls: 3, maxCps: 0.5 } });
  expect(trunk?.outbound).toMatchObject({
    ...{ fromDomain: 'sip.example:5061', codecs: ['PCMA'], srtp: 'off', limit: { maxCalls: 7, maxCps: 0 } },
    probe: { intervalMs: 0 },
    responseTimeoutMs: 0,
  });
});

describe('what can not be meant is refused with its key', () => {
  test.each<[string, readonly object[], RegExp]>([
    ['an address that is none', [{ name: 'a', addresses: ['carrier'] }], /trunks\.0\.addresses\.0 = "carrier"/],
    ['a network that is too narrow', [{ name: 'a', addresses: ['192.0.2.0/33'] }], /addresses\.0 = "192\.0\.2\.0\/33"/],
    [
      'nobody who could call',
      [{ name: 'a', inbound: { max_calls: 1 } }],
      /trunks\.0\.inbound .*needs auth, or addresses/,
    ],
    [
      'neither password nor hash',
      [{ name: 'a', inbound: { auth: { username: 'u' } } }],
      /must have a password, or ha1/,
    ],
    [
      'both',
      [{ name: 'a', inbound: { auth: { ...auth, ha1: { MD5: '0'.repeat(32) } } } }],
      /must have a password, or ha1/,
    ],
    [
      'a hash that is too short',
      [{ name: 'a', inbound: { auth: { username: 'u', ha1: { MD5: 'ab' } } } }],
      /32 hexadecimal/,
    ],
    ['a name that two have', [{ name: 'a' }, { name: 'a' }], /trunks\.1\.name = "a": is the name of two/],
    [
      'a user that two have',
      [
        { name: 'a', inbound: { auth } },
        { name: 'b', inbound: { auth } },
      ],
      /trunks\.1\.inbound\.auth\.username = "u": is the user of two/,
    ],
    ['a codec that is not carried', [{ name: 'a', outbound: { ...outbound, codecs: ['GSM'] } }], /codecs\.0 = "GSM"/],
    [
      'a user name that ends its quotes',
      [{ name: 'a', outbound: { ...outbound, username: 'u"' } }],
      /username = "u\\"": must be on one line/,
    ],
    ['a domain with blanks', [{ name: 'a', outbound: { ...outbound, from_domain: 'a b' } }], /from_domain = "a b"/],
  ])('%s', (_what, trunks, message) => {
    expect(() => load(trunks)).toThrow(message);
  });

  test('and secrets are not shown', () => {
    const shown = () => load([{ name: 'a', inbound: { auth: { username: 'u', password: 'geheim', ha1: {} } } }]);
    expect(shown).toThrow(/trunks\.0/);
    expect(shown).not.toThrow(/geheim/);
  });
});
