import type { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { newKey } from '../../../src/ops/access/key.ts';
import { createKeyStore } from '../../../src/ops/access/key-store.ts';
import { closeRedis, connectRedis, whenReady } from '../../../src/recorder/registry/connection.ts';
import { eventually } from '../eventually.ts';
import { startRedis, type TestRedis } from '../redis.ts';

const log = pino({ level: 'silent' });
let server: TestRedis;
let redis: Redis;
let nowMs = 1_767_225_600_000;

beforeAll(async () => {
  server = await startRedis();
  redis = connectRedis({ url: server.url, role: 'commands', log });
  await whenReady(redis, 5_000);
});
beforeEach(() => redis.flushall());
afterAll(async () => {
  await closeRedis(redis);
  await server.stop();
});

const open = () => createKeyStore({ redis, prefix: 'test', log, now: () => nowMs });
const keyUntil = (expires?: number) =>
  newKey({ name: 'desk', scopes: ['read'], created: 0, ...(expires === undefined ? {} : { expires }) }).record;

test('a key that one process makes is known to others at once, and one that is revoked is forgotten within a second', async () => {
  const [made, seen] = [open(), open()];
  expect(await seen.any()).toBe(false);
  const record = keyUntil();
  await made.add(record);
  nowMs += 101;
  expect(await seen.find(record.id)).toEqual(record);
  expect(await made.revoke(record.id)).toBe(true);
  expect(await made.revoke(record.id)).toBe(false);
  nowMs += 1_000;
  expect(await seen.find(record.id)).toBeUndefined();
  expect(await seen.any()).toBe(false);
});

test('a key that has expired is none', async () => {
  const store = open();
  const record = keyUntil(nowMs / 1000 + 60);
  await store.add(record);
  expect(await store.find(record.id)).toEqual(record);
  nowMs += 60_000;
  expect(await store.find(record.id)).toBeUndefined();
  expect(await store.any()).toBe(false);
  expect(await store.list()).toHaveLength(1);
});

test('the last use of a key is noted', async () => {
  const store = open();
  const record = keyUntil();
  await store.add(record);
  for (let i = 0; i < 100; i += 1) store.used(record.id);
  await eventually('the note', async () => (await store.list())[0]?.last_used === Math.floor(nowMs / 1000));
});

test('while Redis is away known keys go on for a while; who knows none lets nobody in', async () => {
  const [known, fresh] = [open(), open()];
  const record = keyUntil();
  await known.add(record);
  await known.find(record.id);
  await server.stop();
  nowMs += 60_000;
  expect(await known.find(record.id)).toEqual(record);
  expect(await known.any()).toBe(true);
  await expect(fresh.any()).rejects.toMatchObject({ code: 'redis_away' });
  nowMs += 300_000;
  await expect(known.find(record.id)).rejects.toMatchObject({ code: 'redis_away' });
});
