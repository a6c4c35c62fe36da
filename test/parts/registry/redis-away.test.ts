import { type AddressInfo, connect, createServer } from 'node:net';
import { Writable } from 'node:stream';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RecordingOutcome, RecordingRecord } from '../../../src/recorder/recording/record.ts';
import { closeRedis, connectRedis, whenReady } from '../../../src/recorder/registry/connection.ts';
import { createRegistry, type Registry } from '../../../src/recorder/registry/registry.ts';
import { eventually } from '../eventually.ts';
import { startRedis, type TestRedis } from '../redis.ts';

const lines: string[] = [];
const log = pino(
  { level: 'info' },
  new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  }),
);
const logged = (text: string): string[] => lines.filter((line) => line.includes(text));

/** The connection's time-out in these tests, and what a fail-fast command may take on a busy machine. */
const commandTimeoutMs = 500;
const fastMs = 1_500;

let server: TestRedis;
let redis: Redis;
let subscriber: Redis;
let registry: Registry;

beforeEach(async () => {
  lines.length = 0;
  server = await startRedis();
  redis = connectRedis({ url: server.url, role: 'commands', log, commandTimeoutMs });
  subscriber = connectRedis({ url: server.url, role: 'subscriber', log });
  await Promise.all([whenReady(redis, 5_000), whenReady(subscriber, 5_000)]);
  registry = createRegistry({ redis, subscriber, nodeId: 'node-1', log, heartbeatMs: 100 });
  registry.start();
});

afterEach(async () => {
  await registry.close();
  await registry.close();
  await Promise.all([closeRedis(redis), closeRedis(subscriber)]);
  await server.stop();
});

const record: RecordingRecord = {
  recording_id: 'rec-1',
  call_id: 'call-1',
  control_id: 'greeting',
  node_id: 'node-1',
  state: 'recording',
  format: 'mp3',
  direction: 'both',
  stereo: false,
  url: 'http://127.0.0.1/rec-1.mp3',
  from: '+1',
  to: '+2',
  start_time: 1_767_225_600,
};
const outcome: RecordingOutcome = {
  state: 'finished',
  end_reason: 'stop',
  end_time: 1_767_225_700,
  duration: 100,
  size: 10,
  channels: 1,
};

const failsFast = async (what: () => Promise<unknown>): Promise<void> => {
  const before = performance.now();
  await expect(what()).rejects.toMatchObject({ code: 'redis_away' });
  expect(performance.now() - before).toBeLessThan(fastMs);
};

test('a killed Redis fails every command at once, and one that comes back empty serves again', async () => {
  await registry.begin(record);
  await server.stop('SIGKILL');
  await eventually('the connection to notice', () => redis.status !== 'ready');
  await failsFast(() => registry.begin(record));
  await failsFast(() => registry.finishing('rec-1', { end_reason: 'stop', end_time: 1 }));
  await failsFast(() => registry.end('rec-1', outcome));
  await failsFast(() => registry.get('rec-1'));
  await failsFast(() => registry.findControl('call-1', 'greeting'));
  await failsFast(() => registry.list({ limit: 10 }));
  await failsFast(() => registry.active());
  await failsFast(() => registry.nodes());
  await failsFast(() => registry.whenEnded('rec-1'));

  server = await startRedis({ port: server.port });
  await whenReady(redis, 10_000);
  // It has neither the data nor the Lua steps that the one before had.
  await expect(registry.end('rec-1', outcome)).rejects.toMatchObject({ code: 'recording_unknown' });
  expect(await registry.adopt(record)).toBe(true);
  expect(await registry.end('rec-1', outcome)).toBe(true);
  await eventually('the heartbeat to be back', async () => (await registry.nodes()).some((node) => node.alive));
  await eventually('both connections to be back', () => logged('redis is back').length === 2);
  // One line for each of the two connections, however often they tried.
  expect(logged('redis is away')).toHaveLength(2);
  expect(logged('redis is back')).toHaveLength(2);
});

test('commands on their way when Redis is killed are answered or fail', async () => {
  const begins = Array.from({ length: 200 }, (_, i) =>
    registry.begin({ ...record, recording_id: `rec-${i}`, control_id: `c${i}` }).then(
      () => 'done',
      (error: { code: string }) => error.code,
    ),
  );
  process.kill(server.pid, 'SIGKILL');
  const answers = await Promise.all(begins);
  expect(new Set(answers)).toEqual(new Set(answers.includes('done') ? ['done', 'redis_away'] : ['redis_away']));
});

test('a frozen Redis fails commands within the time-out', async () => {
  process.kill(server.pid, 'SIGSTOP');
  await failsFast(() => registry.begin(record));
  process.kill(server.pid, 'SIGCONT');
  await eventually('Redis to answer again', () => registry.get('rec-1').then(() => true));
});

test('who waits while Redis restarts is told by the new one', async () => {
  await registry.begin(record);
  const wait = registry.whenEnded('rec-1', { timeoutMs: 15_000 });
  await eventually('the subscription', async () => {
    const [, subscribers] = (await redis.pubsub('NUMSUB', 'sipreel:ended')) as [string, number];
    return subscribers === 1;
  });
  await server.stop('SIGKILL');
  server = await startRedis({ port: server.port });
  // Whoever owns the recording enters it again before the waiter can look at an empty Redis.
  const owner = new Redis(server.url);
  await owner.hset('sipreel:recording:rec-1', {
    call_id: 'call-1',
    control_id: 'greeting',
    node_id: 'node-1',
    state: 'recording',
    record: JSON.stringify(record),
  });
  owner.disconnect();
  await whenReady(redis, 10_000);
  await eventually('the subscription to be made again', async () => {
    const [, subscribers] = (await redis.pubsub('NUMSUB', 'sipreel:ended')) as [string, number];
    return subscribers === 1;
  });
  const before = performance.now();
  expect(await registry.end('rec-1', outcome)).toBe(true);
  expect(await wait).toMatchObject({ state: 'finished' });
  expect(performance.now() - before).toBeLessThan(900);
});

test('an error that Redis answers with is redis_refused', async () => {
  await redis.set('sipreel:catalogue', 'not a sorted set');
  await expect(registry.count()).rejects.toMatchObject({ code: 'redis_refused', message: /WRONGTYPE/ });
});

test('a registry that starts before Redis works once Redis is there', async () => {
  await server.stop();
  const early = connectRedis({ url: server.url, role: 'commands', log });
  const earlySubscriber = connectRedis({ url: server.url, role: 'subscriber', log });
  const other = createRegistry({ redis: early, subscriber: earlySubscriber, nodeId: 'node-2', log, heartbeatMs: 100 });
  other.start();
  await failsFast(() => other.begin(record));
  await expect(whenReady(early, 100)).rejects.toMatchObject({ code: 'redis_away' });
  server = await startRedis({ port: server.port });
  await whenReady(early, 10_000);
  expect(await other.begin(record)).toEqual({ taken: false });
  await other.close();
  await Promise.all([closeRedis(early), closeRedis(earlySubscriber)]);
});

test.each(['', 'localhost', 'http://localhost:6379', 'redis://', '6379'])('"%s" is no Redis URL', (url) => {
  expect(() => connectRedis({ url, role: 'commands', log })).toThrow(
    expect.objectContaining({ code: 'redis_url_invalid' }),
  );
});

test('a password in a wrong URL is not shown', () => {
  expect(() => connectRedis({ url: 'http://user:secret@host:1', role: 'commands', log })).toThrow(/\[redacted\]@host/);
});

test('after a failover that leaves connections to the old server up, the new one is found', async () => {
  const other = await startRedis();
  let target = server.port;
  // An address that leads to the server that takes writes, for whoever connects anew.
  const address = createServer((client) => {
    const upstream = connect(target, '127.0.0.1');
    client.pipe(upstream).pipe(client);
    for (const [one, next] of [
      [client, upstream],
      [upstream, client],
    ] as const)
      one.on('error', () => next.destroy());
  });
  await new Promise<void>((resolve) => address.listen(0, '127.0.0.1', resolve));
  const { port } = address.address() as AddressInfo;
  const url = `redis://127.0.0.1:${port}`;
  const [commands, blocking] = (['commands', 'blocking'] as const).map((role) => connectRedis({ url, role, log }));
  try {
    if (!commands || !blocking) throw new Error('no connections');
    await Promise.all([whenReady(commands, 5_000), whenReady(blocking, 5_000)]);
    await redis.call('replicaof', '127.0.0.1', String(other.port));
    target = other.port;
    // Whose commands are not to be sent twice has to ask again; BullMQ's wait.
    await expect(commands.set('a', '1')).rejects.toThrow('READONLY');
    await eventually('the new server takes commands', () => commands.set('a', '2').then(Boolean, () => false));
    expect(await blocking.set('b', '3')).toBe('OK');
    expect(await commands.mget('a', 'b')).toEqual(['2', '3']);
  } finally {
    for (const connection of [commands, blocking]) connection?.disconnect();
    await new Promise((resolve) => address.close(resolve));
    await other.stop();
  }
});
