import { expect, test } from 'vitest';
import { readinessOf, type SwitchHealth } from '../../../src/switch/health.ts';

const part = (address: string, ok: boolean) => ({ address, ok, calls: 0 });
const redis = { ok: true, needed: true };
const health: SwitchHealth = {
  accepting: true,
  calls: 0,
  drachtio: [part('d:1', true), part('d:2', false)],
  rtpengine: [part('r:1', false), part('r:2', true)],
  trunks: [
    { name: 'a', up: false, inbound_calls: 0, outbound_calls: 0 },
    { name: 'b', up: true, inbound_calls: 0, outbound_calls: 0 },
  ],
};

test('one part of each kind is enough, and all that are away are told', () => {
  const { dependencies, ...told } = readinessOf(health, redis);
  expect(told).toEqual({ ok: true, away: ['drachtio d:2', 'rtpengine r:1', 'trunk a'] });
  expect(dependencies).toContainEqual({ name: 'rtpengine r:1', ok: false });
  expect(dependencies).toContainEqual({ name: 'drachtio d:1', ok: true });
  expect(dependencies.length).toBe(7);
});

test.each<[string, SwitchHealth, typeof redis, string[]]>([
  [
    'no drachtio-server',
    { ...health, drachtio: [part('d:1', false)] },
    redis,
    ['drachtio d:1', 'rtpengine r:1', 'trunk a'],
  ],
  ['no rtpengine', { ...health, rtpengine: [part('r:1', false)] }, redis, ['drachtio d:2', 'rtpengine r:1', 'trunk a']],
  ['no Redis', health, { ok: false, needed: true }, ['redis', 'drachtio d:2', 'rtpengine r:1', 'trunk a']],
  [
    'a server that goes down',
    { ...health, accepting: false },
    redis,
    ['this server: it goes down', 'drachtio d:2', 'rtpengine r:1', 'trunk a'],
  ],
])('with %s no calls are taken', (_what, given, withRedis, away) => {
  expect(readinessOf(given, withRedis)).toMatchObject({ ok: false, away });
});

test('a Redis that is not needed stops nothing, and is told all the same', () => {
  const { ok, away } = readinessOf(health, { ok: false, needed: false });
  expect([ok, away[0]]).toEqual([true, 'redis']);
});
