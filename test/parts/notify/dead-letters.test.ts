import type { ServerResponse } from 'node:http';
import type { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createDeliveries, type Deliveries } from '../../../src/recorder/notify/deliveries.ts';
import { closeRedis, connectRedis, whenReady } from '../../../src/recorder/registry/connection.ts';
import { eventually } from '../eventually.ts';
import { type HttpEndpoint, startHttpEndpoint } from '../http-endpoint.ts';
import { startRedis, type TestRedis } from '../redis.ts';
import { eventOf, newRecordingId, openParts, type Parts } from './setup.ts';

const log = pino({ level: 'silent' });
let server: TestRedis;
let commands: Redis;
let deliveries: Deliveries;
let endpoint: HttpEndpoint;
let answer: (response: ServerResponse) => void;
const opened: Parts[] = [];

beforeAll(async () => {
  server = await startRedis();
  commands = connectRedis({ url: server.url, role: 'commands', log });
  await whenReady(commands, 5_000);
  deliveries = createDeliveries({ connection: commands, prefix: 'test', log });
});

beforeEach(async () => {
  answer = (response) => response.writeHead(500).end();
  endpoint = await startHttpEndpoint((_request, response) => answer(response));
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((parts) => parts.close()));
  await endpoint.stop();
  await commands.flushall();
});

afterAll(async () => {
  await deliveries.close();
  await closeRedis(commands);
  await server.stop();
});

const open = (options: Parameters<typeof openParts>[1] = {}): Parts => {
  const parts = openParts(server.url, options);
  opened.push(parts);
  parts.deliverer.start();
  return parts;
};

test('an event whose status_url is no URL that can be asked is listed like any other', async () => {
  const { notifier } = open();
  await notifier.owe(eventOf(newRecordingId(), 'finished'), 'ftp://100%@example.com/hook');
  await notifier.owe(eventOf(newRecordingId(), 'finished'), 'not a url');
  const { deliveries: dead } = await eventually('both to be given up', async () => {
    const page = await deliveries.failed({ limit: 10 });
    return page.deliveries.length === 2 && page;
  });
  expect(dead.map(({ to }) => to).toSorted()).toEqual(['ftp://example.com', undefined]);
});

test('an event that nobody took is listed as a dead letter, and delivered when somebody asks for it', async () => {
  const { notifier } = open({ maxAgeMs: 300, patienceMs: 50 });
  const id = newRecordingId();
  const url = `http://user:secret@127.0.0.1:${endpoint.port}/hook?token=secret`;
  await notifier.owe(eventOf(id, 'recording'), url);
  await notifier.owe(eventOf(id, 'finished'), url);
  const dead = await eventually('both to be given up', async () => {
    const page = await deliveries.failed({ limit: 10 });
    return page.deliveries.length === 2 && page;
  });
  expect(dead.next).toBeUndefined();
  const own = await deliveries.ofRecording(id);
  expect(own.map(({ n, state, tells }) => [n, state, tells])).toEqual([
    [1, 'failed', 'recording'],
    [2, 'failed', 'finished'],
  ]);
  expect(own[1]).toMatchObject({
    event_id: `${id}.finished`,
    recording_id: id,
    call_id: 'call-1',
    to: endpoint.url,
    error: `${endpoint.url} answered 500`,
  });
  expect(JSON.stringify([own, dead])).not.toContain('secret');
  expect((await deliveries.failed({ limit: 1 })).next).toBe(1);
  expect((await deliveries.failed({ limit: 1, from: 1 })).deliveries).toHaveLength(1);
  expect(await deliveries.counts()).toEqual({ waiting: 0, delivering: 0, failed: 2 });

  answer = (response) => response.end();
  const before = endpoint.received.length;
  await deliveries.retry(id, 2);
  await eventually(
    'the second to be delivered',
    async () => (await deliveries.ofRecording(id))[1]?.state === 'delivered',
  );
  expect(endpoint.received).toHaveLength(before + 1);
  expect((await deliveries.ofRecording(id))[1]).toMatchObject({ delivered_at: expect.any(Number) });

  // What was delivered is delivered again if somebody wants it.
  await deliveries.retry(id, 2);
  await eventually('the second to come again', () => endpoint.received.length === before + 2);
  expect(endpoint.received.at(-1)?.headers['idempotency-key']).toBe(`${id}.finished`);
});

test('a dead letter that is tried again has its full time again', async () => {
  const { notifier } = open({ maxAgeMs: 300 });
  const id = newRecordingId();
  await notifier.owe(eventOf(id, 'finished'), endpoint.url);
  await eventually('it to be given up', async () => (await deliveries.failed({ limit: 1 })).deliveries.length === 1);
  const before = endpoint.received.length;
  await deliveries.retry(id, 1);
  await eventually('more than one further attempt', () => endpoint.received.length >= before + 3);
});

test('an event whose next attempt is far away is tried now', async () => {
  const { notifier } = open({ firstRetryMs: 60_000 });
  const id = newRecordingId();
  await notifier.owe(eventOf(id, 'finished'), endpoint.url);
  const waiting = await eventually('it to wait', async () => {
    const [one] = await deliveries.ofRecording(id);
    return one?.attempts === 1 && one.state === 'waiting' && one;
  });
  expect(waiting.next_attempt_at).toBeGreaterThan(Date.now() / 1000 + 30);
  answer = (response) => response.end();
  await deliveries.retry(id, 1);
  await eventually('it to be delivered', async () => (await deliveries.ofRecording(id))[0]?.state === 'delivered');
});

test('what there is not cannot be tried again', async () => {
  for (const [id, n] of [
    ['unheard-of', 1],
    [newRecordingId(), 0],
  ] as const) {
    await expect(deliveries.retry(id, n)).rejects.toMatchObject({ code: 'delivery_unknown' });
  }
  expect(await deliveries.ofRecording('unheard-of')).toEqual([]);
});

test('a host that hangs holds up its own events, and not those of another host', async () => {
  answer = () => undefined;
  const quick = await startHttpEndpoint((_request, response) => response.end());
  try {
    const { notifier } = open({ concurrency: 4, perHost: 2, timeoutMs: 2_000 });
    for (let i = 0; i < 40; i += 1) await notifier.owe(eventOf(newRecordingId(), 'finished'), endpoint.url);
    await eventually('two to hang', () => endpoint.received.length === 2);
    const begun = performance.now();
    for (let i = 0; i < 20; i += 1) await notifier.owe(eventOf(newRecordingId(), 'finished'), quick.url);
    await eventually('the others to arrive', () => quick.received.length === 20);
    expect(performance.now() - begun).toBeLessThan(1_500);
    expect(endpoint.received.length, 'at once').toBeLessThanOrEqual(2);
  } finally {
    await quick.stop();
  }
});
