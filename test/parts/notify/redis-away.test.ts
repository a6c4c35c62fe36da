import { afterEach, beforeEach, expect, test } from 'vitest';
import type { StatusEvent } from '../../../src/recorder/recording/events.ts';
import { whenReady } from '../../../src/recorder/registry/connection.ts';
import { eventually } from '../eventually.ts';
import { type HttpEndpoint, startHttpEndpoint } from '../http-endpoint.ts';
import { startRedis, type TestRedis } from '../redis.ts';
import { eventOf, newRecordingId, openParts, type Parts } from './setup.ts';

let server: TestRedis;
let endpoint: HttpEndpoint;
const opened: Parts[] = [];

beforeEach(async () => {
  server = await startRedis();
  endpoint = await startHttpEndpoint((_request, response) => response.end());
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((parts) => parts.close()));
  await endpoint.stop();
  await server.stop();
});

const open = (options: Parameters<typeof openParts>[1] = {}): Parts => {
  const parts = openParts(server.url, { queueTimeoutMs: 200, ...options });
  opened.push(parts);
  return parts;
};

const arrived = (): string[] =>
  endpoint.received.map((request) => (JSON.parse(request.body.toString()) as StatusEvent).event_id);

test('events owed while Redis is away are kept, and delivered once and in order when it is back', async () => {
  const parts = open();
  parts.deliverer.start();
  await whenReady(parts.connection, 5_000);
  const early = eventOf(newRecordingId(), 'recording');
  expect(await parts.notifier.owe(early, endpoint.url)).toBe('queued');
  await eventually('the event before the absence', () => arrived().includes(early.event_id));

  await server.stop('SIGKILL');
  await eventually('the connection to notice', () => parts.connection.status !== 'ready');
  const id = newRecordingId();
  const owed = [eventOf(id, 'recording'), eventOf(id, 'recording'), eventOf(id, 'finished')];
  const before = performance.now();
  expect(await Promise.all(owed.map((event) => parts.notifier.owe(event, endpoint.url)))).toEqual([
    'kept',
    'kept',
    'kept',
  ]);
  expect(performance.now() - before).toBeLessThan(1_500);
  expect(parts.notifier.kept()).toBe(2);
  const settled = parts.notifier.settled(id);

  server = await startRedis({ port: server.port });
  await settled;
  expect(parts.notifier.kept()).toBe(0);
  await eventually('both events', () => arrived().length === 3);
  expect(arrived()).toEqual([early.event_id, `${id}.recording`, `${id}.finished`]);
  expect(parts.logged('status events are kept in memory until redis takes them')).toHaveLength(1);
  await eventually('the good news', () => parts.logged('all kept status events are queued').length === 1);
}, 20_000);

test('a notifier that starts before Redis queues when Redis is there', async () => {
  await server.stop();
  const parts = open();
  parts.deliverer.start();
  const event = eventOf(newRecordingId(), 'finished');
  expect(await parts.notifier.owe(event, endpoint.url)).toBe('kept');
  server = await startRedis({ port: server.port });
  await eventually('the event', () => arrived().includes(event.event_id));
}, 20_000);

test('a Redis that refuses writes is tried until it takes them', async () => {
  const parts = open();
  await whenReady(parts.connection, 5_000);
  await parts.connection.config('SET', 'maxmemory', '1');
  const event = eventOf(newRecordingId(), 'finished');
  expect(await parts.notifier.owe(event, endpoint.url)).toBe('kept');
  await parts.connection.config('SET', 'maxmemory', '0');
  await parts.notifier.settled(event.params.recording_id);
  parts.deliverer.start();
  await eventually('the event', () => arrived().includes(event.event_id));
});

test('memory is bounded: one event too many is an error', async () => {
  await server.stop();
  const parts = open({ maxKept: 2, queueTimeoutMs: 20 });
  for (let i = 0; i < 2; i += 1) await parts.notifier.owe(eventOf(newRecordingId(), 'finished'), endpoint.url);
  await expect(parts.notifier.owe(eventOf(newRecordingId(), 'finished'), endpoint.url)).rejects.toMatchObject({
    code: 'status_event_not_kept',
    message: /2 wait already/,
  });
});

test('closing while Redis is away takes little time and says what is lost', async () => {
  await server.stop('SIGKILL');
  const parts = open();
  parts.deliverer.start();
  const event = eventOf(newRecordingId(), 'finished');
  await parts.notifier.owe(event, endpoint.url);
  const settled = parts.notifier.settled(event.params.recording_id);
  const before = performance.now();
  await Promise.all([expect(settled).rejects.toMatchObject({ code: 'status_event_not_kept' }), parts.close()]);
  expect(performance.now() - before).toBeLessThan(5_000);
  expect(parts.logged('status events are lost with this process')).toMatchObject([{ event_ids: [event.event_id] }]);
  await expect(parts.notifier.owe(event, endpoint.url)).rejects.toMatchObject({ code: 'status_event_not_kept' });
});

test('closing after Redis went away under a working deliverer takes little time', async () => {
  const parts = open();
  parts.deliverer.start();
  const event = eventOf(newRecordingId(), 'finished');
  await parts.notifier.owe(event, endpoint.url);
  await eventually('the event', () => arrived().includes(event.event_id));
  await server.stop('SIGKILL');
  const before = performance.now();
  await parts.close();
  expect(performance.now() - before).toBeLessThan(5_000);
});

test('an event whose deliverer is cut off in the middle is delivered by another', async () => {
  const hanging = await startHttpEndpoint((_request, response) => {
    if (hanging.received.length > 1) response.end();
  });
  const first = open({ timeoutMs: 60_000, stalledMs: 200 });
  first.deliverer.start();
  await whenReady(first.connection, 5_000);
  await first.notifier.owe(eventOf(newRecordingId(), 'finished'), hanging.url);
  await eventually('the first attempt', () => hanging.received.length === 1);
  // Its lock is what a crashed process would leave; it would expire by itself.
  const locks = await first.connection.keys('*:lock');
  expect(locks).toHaveLength(1);
  await first.connection.del(...locks);
  const second = open({ stalledMs: 200 });
  second.deliverer.start();
  await eventually('the second attempt', () => hanging.received.length === 2);
  await hanging.stop();
}, 20_000);

test('close is idempotent and waits for the attempt under way', async () => {
  const slow = await startHttpEndpoint((_request, response) => setTimeout(() => response.end(), 300));
  const parts = open();
  parts.deliverer.start();
  await parts.notifier.owe(eventOf(newRecordingId(), 'finished'), slow.url);
  await eventually('the attempt', () => slow.received.length === 1);
  await Promise.all([parts.deliverer.close(), parts.deliverer.close()]);
  const state = await parts.connection.zcard('test:queue:status-events:completed');
  expect(state).toBe(1);
  await slow.stop();
});

test('events that were lost with their process are owed once more, in order, and those that Redis had are not', async () => {
  const id = newRecordingId();
  const now = Date.now() / 1000;
  const events = (['recording', 'paused'] as const).map((state) => ({ ...eventOf(id, state), timestamp: now }));
  const dying = open({ closeTimeoutMs: 50, eventsUrl: `${endpoint.url}/all` });
  await whenReady(dying.connection, 5_000);
  await server.stop('SIGKILL');
  await eventually('the connection to notice', () => dying.connection.status !== 'ready');
  for (const event of events) expect(await dying.notifier.owe(event, endpoint.url)).toBe('kept');
  await dying.notifier.close();
  server = await startRedis({ port: server.port });

  const parts = open({ eventsUrl: `${endpoint.url}/all` });
  expect(await parts.notifier.oweMissing(events, endpoint.url)).toBe('queued');
  parts.deliverer.start();
  await eventually('both events, at both places', () => arrived().length === 4);
  const at = (path: string) => endpoint.received.filter((one) => (one.path === '/all') === (path === '/all'));
  for (const path of ['/', '/all']) {
    const ids = at(path).map(({ body }) => (JSON.parse(body.toString()) as StatusEvent).event_id);
    expect(ids).toEqual([`${id}.recording`, `${id}.paused`]);
  }
  // A day later the queue has forgotten them; a week later nobody can tell whether they were told.
  for (const key of await parts.connection.keys('test:queue:status-events:*')) await parts.connection.del(key);
  const old = { ...eventOf(newRecordingId(), 'recording'), timestamp: now - 8 * 86_400 };
  expect(await parts.notifier.oweMissing(events, endpoint.url)).toBe('queued');
  expect(await parts.notifier.oweMissing([old], endpoint.url)).toBe('queued');
  const last = { ...eventOf(id, 'finished'), event_number: 3 };
  await parts.notifier.owe(last, endpoint.url);
  await eventually(
    'the last event, at both places',
    () => arrived().filter((one) => one === last.event_id).length === 2,
  );
  expect(arrived().slice(4).sort()).toEqual([last.event_id, last.event_id]);
});
