import { existsSync } from 'node:fs';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'bullmq';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { SipreelError } from '../../../src/errors/error.ts';
import { isSettled, unmarkSettled } from '../../../src/recorder/encode/marker.ts';
import { createEncodeQueue, type EncodeQueue, type EncodeQueueOptions } from '../../../src/recorder/encode/queue.ts';
import { createEncodeSweeper, type EncodeSweeperOptions } from '../../../src/recorder/encode/sweeper.ts';
import {
  createEncodeWorker,
  type EncodeWorker,
  type EncodeWorkerOptions,
} from '../../../src/recorder/encode/worker.ts';
import { isTerminal, type RecordingRecord } from '../../../src/recorder/recording/record.ts';
import { whenReady } from '../../../src/recorder/registry/connection.ts';
import { unendedOf } from '../../../src/recorder/registry/files-made.ts';
import type { Storage } from '../../../src/recorder/storage/storage.ts';
import { eventually } from '../eventually.ts';
import { startNode, type TestNode } from './node.ts';
import { stopToneSpool } from './tone-spool.ts';

let node: TestNode;
let queueName: string;
let count = 0;
const closers: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  node = await startNode();
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
afterAll(() => node.close());

const makeQueue = (options: Partial<EncodeQueueOptions> = {}): EncodeQueue => {
  queueName = `encode-test-${++count}`;
  const queue = createEncodeQueue({ connection: node.commands, queueName, log: node.log, backoffMs: 20, ...options });
  closers.push(() => queue.close());
  return queue;
};

const startWorker = (options: Partial<EncodeWorkerOptions> = {}): EncodeWorker => {
  const { ffmpeg: _ffmpeg, keepSpool: _keepSpool, now: _now, ...parts } = node.parts;
  const worker = createEncodeWorker({ ...parts, connection: node.blocking, queueName, ...options });
  worker.start();
  closers.push(() => worker.close());
  return worker;
};

const makeSweeper = (queue: EncodeQueue, options: Partial<EncodeSweeperOptions> = {}) => {
  const sweeper = createEncodeSweeper({
    spoolRoot: node.spoolRoot,
    nodeId: 'node-1',
    queue,
    isOwned: () => false,
    log: node.log,
    intervalMs: 50,
    ...options,
  });
  closers.push(() => sweeper.close());
  return sweeper;
};

const whenEnded = (recordingId: string): Promise<RecordingRecord> =>
  eventually(`recording ${recordingId} ends`, async () => {
    const record = await node.registry.get(recordingId).catch(() => undefined);
    return record !== undefined && isTerminal(record.state) ? record : undefined;
  });

const eventStates = (recordingId: string): string[] =>
  [...node.notifier.events.values()]
    .filter(({ params }) => params.recording_id === recordingId)
    .map(({ params }) => params.state);

test('storage that is away for longer than all attempts costs none of them: the file is there once it is back', async () => {
  const queue = makeQueue({ attempts: 2 });
  const record = await node.record({ lengthMs: 200 });
  let tries = 0;
  let away = true;
  const storage: Storage = {
    ...node.storage,
    put: (...args) => {
      if (!away) return node.storage.put(...args);
      tries++;
      return Promise.reject(new SipreelError('storage_failed', 'nobody is there'));
    },
  };
  startWorker({ storage, storageRetryMs: 20 });
  await queue.add(record.recording_id);
  await eventually('it was tried more often than attempts are allowed', () => tries > 4);
  expect(await node.registry.get(record.recording_id)).not.toMatchObject({ state: 'error' });
  expect(eventStates(record.recording_id)).toEqual([]);
  away = false;
  expect(await whenEnded(record.recording_id)).toMatchObject({ state: 'finished' });
  expect(eventStates(record.recording_id)).toEqual(['finished']);
});

test('queued recordings become files; each is queued once, however often it is added', async () => {
  const queue = makeQueue();
  const records = await Promise.all([1, 2, 3].map(() => node.record({ lengthMs: 200 })));
  for (const { recording_id } of [...records, ...records]) await queue.add(recording_id);
  expect(await queue.counts()).toEqual({ waiting: 3, delayed: 0, active: 0, failed: 0 });
  startWorker();
  for (const { recording_id } of records) expect(await whenEnded(recording_id)).toMatchObject({ state: 'finished' });
  await eventually('the queue is empty', async () => Object.values(await queue.counts()).every((jobs) => jobs === 0));
  for (const { dir } of records) expect(existsSync(dir)).toBe(false);
});

test('an ffmpeg that is missing at first and comes later delays a recording and no more', async () => {
  const queue = makeQueue();
  const record = await node.record({ record: { format: 'mp3' }, lengthMs: 200 });
  const ffmpegBin = join(node.root, 'later');
  startWorker({ ffmpeg: { ffmpegBin, ffprobeBin: 'ffprobe' } });
  await queue.add(record.recording_id);
  await eventually('a try fails', async () => (await queue.counts()).delayed === 1);
  await node.script('later', 'exec ffmpeg "$@"');
  expect(await whenEnded(record.recording_id)).toMatchObject({ state: 'finished' });
});

test('after the last try a recording is an error; its spool stays and can be encoded once the cause is gone', async () => {
  const queue = makeQueue({ attempts: 3 });
  const record = await node.record({ record: { format: 'mp3' }, lengthMs: 200 });
  const tries = join(node.root, 'tries');
  const ffmpegBin = await node.script('fails', `echo x >> ${tries}; cat > /dev/null; echo no such luck >&2; exit 1`);
  const worker = startWorker({ ffmpeg: { ffmpegBin, ffprobeBin: 'ffprobe' } });
  await queue.add(record.recording_id);

  expect(await whenEnded(record.recording_id)).toMatchObject({
    state: 'error',
    error: { code: 'ffmpeg_failed', message: expect.stringContaining('no such luck'), remedy: expect.any(String) },
  });
  expect((await readFile(tries, 'utf8')).split('x')).toHaveLength(4);
  expect(eventStates(record.recording_id)).toEqual(['error']);
  await eventually('its spool is marked', () => isSettled(record.dir));
  await worker.close();
  const sweeper = makeSweeper(queue);
  expect(await sweeper.sweep()).not.toContain(record.recording_id);

  await unmarkSettled(record.dir);
  expect(await sweeper.sweep()).toContain(record.recording_id);
  startWorker();
  await eventually('the spool is encoded', () => !existsSync(record.dir));
  expect(eventStates(record.recording_id)).toEqual(['error']);
});

test('a recording whose spool was lost with its disk comes to its end, and one that is captured does not', async () => {
  const queue = makeQueue();
  const [lost, captured] = [await node.record(), await node.record()];
  for (const { dir } of [lost, captured]) await rm(dir, { recursive: true });
  const sweeper = makeSweeper(queue, {
    isOwned: (id) => id === captured.recording_id,
    unended: () => unendedOf(node.registry, 'node-1'),
  });
  await node.stopRedis();
  expect(await sweeper.sweep()).toEqual([]);
  await node.restartRedis();
  await whenReady(node.commands, 5_000);
  for (const { dir: _, ...record } of [lost, captured]) await node.registry.begin(record);
  expect(await sweeper.sweep()).toEqual([lost.recording_id]);
  expect(await sweeper.sweep(), 'asked once in a while').toEqual([]);
  startWorker();
  expect(await whenEnded(lost.recording_id)).toMatchObject({ state: 'error', error: { code: 'spool_missing' } });
  expect(eventStates(lost.recording_id)).toEqual(['error']);
  expect(await node.registry.get(captured.recording_id)).toMatchObject({ state: 'recording' });
});

test('what cannot succeed is not tried again', async () => {
  const queue = makeQueue({ backoffMs: 60_000 });
  const record = await node.record();
  await rm(record.dir, { recursive: true });
  startWorker();
  await queue.add(record.recording_id);
  expect(await whenEnded(record.recording_id)).toMatchObject({ state: 'error', error: { code: 'spool_missing' } });
});

test('close waits for a running job', async () => {
  const queue = makeQueue();
  const record = await node.record({ record: { format: 'mp3' }, lengthMs: 200 });
  const running = join(node.root, 'running');
  const ffmpegBin = await node.script('slow', `touch ${running}; sleep 0.5; exec ffmpeg "$@"`);
  const worker = startWorker({ ffmpeg: { ffmpegBin, ffprobeBin: 'ffprobe' } });
  await queue.add(record.recording_id);
  await eventually('ffmpeg runs', () => existsSync(running));
  await worker.close();
  expect(await node.registry.get(record.recording_id)).toMatchObject({ state: 'finished' });
});

test('a job that outlasts the close goes back to the queue, no try lost, and the next worker makes the file', async () => {
  const queue = makeQueue({ attempts: 1 });
  const record = await node.record({ record: { format: 'mp3' }, lengthMs: 200 });
  const pidFile = join(node.root, 'pid');
  const ffmpegBin = await node.script(
    'endless',
    `echo $$ > ${pidFile}.new; mv ${pidFile}.new ${pidFile}; exec sleep 60`,
  );
  const worker = startWorker({ ffmpeg: { ffmpegBin, ffprobeBin: 'ffprobe' }, closeMs: 100 });
  await queue.add(record.recording_id);
  await eventually('ffmpeg runs', () => existsSync(pidFile));
  const startedAt = performance.now();
  await Promise.all([worker.close(), worker.close()]);
  expect(performance.now() - startedAt).toBeLessThan(2000);
  const pid = Number(await readFile(pidFile, 'utf8'));
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  expect(await node.registry.get(record.recording_id)).toMatchObject({ state: 'recording' });

  startWorker();
  expect(await whenEnded(record.recording_id)).toMatchObject({ state: 'finished' });
});

test('the job of a worker that died is taken over', async () => {
  const queue = makeQueue();
  const record = await node.record({ lengthMs: 200 });
  await queue.add(record.recording_id);
  let taken = false;
  const dying = new Worker(
    queueName,
    () => {
      taken = true;
      return new Promise(() => undefined);
    },
    {
      connection: node.blocking,
      prefix: 'sipreel:queue',
      lockDuration: 300,
      skipLockRenewal: true,
      skipStalledCheck: true,
    },
  );
  dying.on('error', () => undefined);
  await eventually('the job is taken', () => taken);
  await dying.close(true);
  startWorker({ stalledMs: 200 });
  expect(await whenEnded(record.recording_id)).toMatchObject({ state: 'finished' });
});

test('a job that ends each worker that takes it is given up in the end', async () => {
  const queue = makeQueue();
  const record = await node.record({ lengthMs: 200 });
  await queue.add(record.recording_id);
  for (let death = 0; death < 6; death++) {
    let taken = false;
    const dying = new Worker(
      queueName,
      () => {
        taken = true;
        return new Promise(() => undefined);
      },
      {
        connection: node.blocking,
        prefix: 'sipreel:queue',
        lockDuration: 50,
        stalledInterval: 50,
        maxStalledCount: 5,
        skipLockRenewal: true,
      },
    );
    dying.on('error', () => undefined);
    await eventually(`worker ${death} takes the job`, () => taken);
    await dying.close(true);
  }
  startWorker({ stalledMs: 100, lockMs: 1000 });
  expect(await whenEnded(record.recording_id)).toMatchObject({ state: 'error', error: { code: 'encode_abandoned' } });
  expect(existsSync(record.dir)).toBe(true);
});

test.each(['wav', 'mp3'] as const)(
  '%s: pieces are made while a recording lasts, and its file at the end',
  async (format) => {
    const queue = makeQueue();
    const record = await node.record({ record: { format }, crashed: true, lengthMs: 40_000 });
    startWorker({ pieceMs: 5_000 });
    const sizeOfScratch = async (): Promise<number> => {
      const names = await readdir(node.storageRoot, { recursive: true });
      const scratch = names.find((name) => name.includes(`.${record.recording_id}.`));
      return scratch === undefined ? 0 : (await stat(join(node.storageRoot, scratch))).size;
    };
    await queue.addPiece(record.recording_id, 20_000);
    const first = await eventually('a piece is there', async () => (await sizeOfScratch()) || undefined);
    await eventually('the queue is empty', async () => Object.values(await queue.counts()).every((jobs) => jobs === 0));
    await queue.addPiece(record.recording_id, 35_000);
    await eventually('another piece is there', async () => (await sizeOfScratch()) > first);
    await stopToneSpool(record.dir, 40_100);
    await queue.add(record.recording_id);
    expect(await whenEnded(record.recording_id)).toMatchObject({ state: 'finished', duration: 40 });
    await eventually('nothing is left of the pieces', async () => (await sizeOfScratch()) === 0);
  },
);

test('a piece that cannot be encoded ends no recording', async () => {
  const queue = makeQueue();
  const record = await node.record({ record: { format: 'mp3' }, crashed: true, lengthMs: 40_000 });
  const tried = join(node.root, 'tried');
  const ffmpegBin = await node.script('fails-once', `touch ${tried}; exit 1`);
  const worker = startWorker({ pieceMs: 5_000, ffmpeg: { ffmpegBin } });
  await queue.addPiece(record.recording_id, 20_000);
  await eventually('ffmpeg was tried', () => existsSync(tried));
  await worker.close();
  expect(await node.registry.get(record.recording_id)).toMatchObject({ state: 'recording' });
  startWorker({ pieceMs: 5_000 });
  await stopToneSpool(record.dir, 40_100);
  await queue.add(record.recording_id);
  expect(await whenEnded(record.recording_id)).toMatchObject({ state: 'finished', duration: 40 });
});

test('the sweeper queues what was stopped or left, and nothing else', async () => {
  const queue = makeQueue();
  const owned = await node.record({ crashed: true });
  const left = await node.record({ crashed: true });
  const foreign = await node.record({ crashed: true, record: { node_id: 'node-2' } });
  const stopped = await node.record();
  await writeFile(join(node.spoolRoot, 'notes.txt'), 'no spool');
  let clock = Date.now();
  let gone = new Set<string>();
  const sweeper = makeSweeper(queue, {
    isOwned: (id) => id === owned.recording_id,
    now: () => clock,
    goneNodes: async () => gone,
  });
  const ours = [owned, left, foreign, stopped].map(({ recording_id }) => recording_id);
  const sweep = async () => (await sweeper.sweep()).filter((id) => ours.includes(id)).sort();

  expect(await sweep()).toEqual([stopped.recording_id]);
  clock += 9_000;
  expect(await sweep()).toEqual([]);
  clock += 2_000;
  expect(await sweep()).toEqual([left.recording_id]);
  clock += 60_000;
  expect(await sweep(), 'again, in case Redis has lost them').toEqual([left.recording_id, stopped.recording_id].sort());
  gone = new Set(['node-2']);
  expect(await sweep(), 'what a dead node has left on a shared disk').toEqual([foreign.recording_id]);
  for (const { dir } of [owned, left, foreign, stopped]) await rm(dir, { recursive: true });
});

test('while Redis is away add fails fast; the sweeper queues the recording when Redis is back', async () => {
  const queue = makeQueue({ timeoutMs: 500 });
  const record = await node.record({ lengthMs: 200 });
  await node.stopRedis();
  const startedAt = performance.now();
  await expect(queue.add(record.recording_id)).rejects.toMatchObject({ code: 'redis_away' });
  expect(performance.now() - startedAt).toBeLessThan(1000);
  makeSweeper(queue).start();
  startWorker();
  await node.restartRedis();
  expect(await whenEnded(record.recording_id)).toMatchObject({ state: 'finished' });
});

test('a Redis that goes away while a recording is encoded delays its end and no more', async () => {
  const queue = makeQueue();
  const record = await node.record({ record: { format: 'mp3' }, lengthMs: 200 });
  const running = join(node.root, 'encoding');
  const ffmpegBin = await node.script('careful', `touch ${running}; sleep 0.5; exec ffmpeg "$@"`);
  startWorker({ ffmpeg: { ffmpegBin, ffprobeBin: 'ffprobe' }, lockMs: 1000, stalledMs: 200 });
  makeSweeper(queue, { againMs: 500 }).start();
  await eventually('ffmpeg runs', () => existsSync(running));
  await node.stopRedis();
  await eventually('the file is in storage', async () =>
    (await readdir(node.storageRoot, { recursive: true })).some((name) => name.endsWith(`${record.recording_id}.mp3`)),
  );
  await node.restartRedis();
  expect(await whenEnded(record.recording_id)).toMatchObject({ state: 'finished' });
  await eventually('the spool is removed', () => !existsSync(record.dir));
});

test('a worker closes in short time while Redis is away', async () => {
  makeQueue();
  const worker = startWorker();
  await node.stopRedis();
  const startedAt = performance.now();
  await worker.close();
  expect(performance.now() - startedAt).toBeLessThan(8000);
  await node.restartRedis();
});
