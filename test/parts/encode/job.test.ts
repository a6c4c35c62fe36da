import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SipreelError } from '../../../src/errors/error.ts';
import { giveUpRecording } from '../../../src/recorder/encode/give-up.ts';
import { encodeRecording } from '../../../src/recorder/encode/job.ts';
import { isSettled } from '../../../src/recorder/encode/marker.ts';
import type { EncodeParts } from '../../../src/recorder/encode/parts.ts';
import { openSpool, removeSpool } from '../../../src/recorder/spool/spool.ts';
import { createLocalStorage } from '../../../src/recorder/storage/local.ts';
import { compileNamePattern } from '../../../src/recorder/storage/names.ts';
import { startNode, type TestNode } from './node.ts';
import { writeToneSpool } from './tone-spool.ts';

let node: TestNode;
beforeAll(async () => {
  node = await startNode();
});
afterAll(() => node.close());

const eventsOf = (recordingId: string) =>
  [...node.notifier.events.values()].filter(({ params }) => params.recording_id === recordingId);

const fileOf = async (recordingId: string): Promise<string> =>
  (await node.registry.get(recordingId))?.file ?? 'no file';

test.each(['wav', 'mp3', 'mp4'] as const)(
  '%s: a spool becomes a file in storage, everyone knows, and the spool goes',
  async (format) => {
    const record = await node.record({ record: { format }, lengthMs: 1234 });
    expect(await encodeRecording(node.parts, record.recording_id)).toBe('stored');

    const ended = await node.registry.get(record.recording_id);
    const day = new Date(record.start_time * 1000).toISOString().slice(0, 10).replaceAll('-', '/');
    expect(ended).toMatchObject({
      state: 'finished',
      end_reason: 'stop',
      duration: 1.234,
      channels: 2,
      end_time: expect.closeTo(record.start_time + 1.334, 3),
      file: join(node.storageRoot, day, `${record.recording_id}.${format}`),
    });
    expect((await stat(ended?.file ?? '')).size).toBe(ended?.size);
    expect(eventsOf(record.recording_id)).toMatchObject([
      {
        event_id: `${record.recording_id}.finished`,
        params: { state: 'finished', duration: 1.234, size: ended?.size },
      },
    ]);
    expect(existsSync(record.dir)).toBe(false);
    expect(await readdir(dirname(ended?.file ?? ''))).not.toContainEqual(expect.stringContaining('.part'));
  },
);

test('a manifest beside the file says what it is, and the sums of file and tracks', async () => {
  const record = await node.record({ lengthMs: 500, record: { control_id: '../x' } });
  const sum = async (file: string) =>
    createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
  const tracks = {
    speak: { size: (await stat(join(record.dir, 'speak.rtp'))).size, sha256: await sum(join(record.dir, 'speak.rtp')) },
    listen: {
      size: (await stat(join(record.dir, 'listen.rtp'))).size,
      sha256: await sum(join(record.dir, 'listen.rtp')),
    },
  };
  const namePattern = compileNamePattern('{node_id}/{control_id}-{recording_id}');
  await encodeRecording({ ...node.parts, namePattern, writtenBy: 'test 1' }, record.recording_id);
  const file = await fileOf(record.recording_id);
  expect(file).toBe(join(node.storageRoot, record.node_id, `___x-${record.recording_id}.wav`));
  const manifest = JSON.parse(await readFile(`${file}.json`, 'utf8'));
  expect(manifest).toMatchObject({ version: 1, written_by: 'test 1', sha256: await sum(file), tracks });
  const { url: _url, status_url: _statusUrl, ...ended } = (await node.registry.get(record.recording_id)) ?? record;
  expect(manifest.recording).toEqual(ended);
});

test('a file that a back-up took is owed to its first store before the spool goes, and each run says so', async () => {
  const record = await node.record({ lengthMs: 500 });
  const owed: string[] = [];
  const away = (file: string) => file.startsWith(node.storageRoot);
  const failing = async () => {
    throw new SipreelError('redis_away', 'no answer');
  };
  const run = (owe: (id: string) => Promise<void>) =>
    encodeRecording({ ...node.parts, home: { isAway: away, owe } }, record.recording_id);
  await expect(run(failing)).rejects.toMatchObject({ code: 'redis_away' });
  expect(existsSync(record.dir)).toBe(true);
  expect(await run(async (id) => void owed.push(id))).toBe('stored');
  expect(owed).toEqual([record.recording_id]);
  expect(existsSync(record.dir)).toBe(false);
});

test('a recording without status_url owes no event', async () => {
  const { status_url, ...record } = await node.record();
  expect(status_url).toBeDefined();
  await rm(record.dir, { recursive: true });
  const { dir, ...quiet } = await writeToneSpool({
    root: node.spoolRoot,
    record: { recording_id: record.recording_id },
  });
  expect(dir).toBe(record.dir);
  await encodeRecording(node.parts, quiet.recording_id);
  expect(await node.registry.get(quiet.recording_id)).toMatchObject({ state: 'finished' });
  expect(eventsOf(quiet.recording_id)).toEqual([]);
});

test.each([
  ['initial_timeout', 'no_input'],
  ['hangup', 'finished'],
  ['terminator', 'finished'],
  ['max_length', 'finished'],
] as const)('a recording that ended by %s is %s', async (reason, state) => {
  const record = await node.record({ reason, lengthMs: 100 });
  await encodeRecording(node.parts, record.recording_id);
  expect(await node.registry.get(record.recording_id)).toMatchObject({ state, end_reason: reason });
  expect(eventsOf(record.recording_id).map(({ params }) => params.state)).toEqual([state]);
});

test('what a killed process captured becomes a file, and the record says that it was interrupted', async () => {
  const record = await node.record({ crashed: true, lengthMs: 2000 });
  await truncate(join(record.dir, 'speak.rtp'), (await stat(join(record.dir, 'speak.rtp'))).size - 50);
  await encodeRecording(node.parts, record.recording_id);
  const ended = await node.registry.get(record.recording_id);
  expect(ended).toMatchObject({ state: 'error', end_reason: 'error', error: { code: 'recording_interrupted' } });
  expect(ended?.duration).toBeCloseTo(2, 1);
  expect(existsSync(ended?.file ?? '')).toBe(true);
  expect(eventsOf(record.recording_id)).toMatchObject([
    { params: { state: 'error', error: { code: 'recording_interrupted' } } },
  ]);
});

test('a recording that Redis has lost meanwhile, or never knew, gets its file and its end all the same', async () => {
  const record = await node.record();
  await node.commands.flushall();
  await encodeRecording(node.parts, record.recording_id);
  expect(await node.registry.get(record.recording_id)).toMatchObject({ state: 'finished', call_id: record.call_id });
  expect(eventsOf(record.recording_id)).toHaveLength(1);
});

/** The parts of the node with one step that throws the first time, before or after it has done its work. */
const breaking: readonly { step: string; parts: (fail: () => void) => Partial<EncodeParts> }[] = [
  {
    step: 'before the file is put in storage',
    parts: (fail) => ({
      storage: {
        ...node.storage,
        put: async (...args) => {
          fail();
          return node.storage.put(...args);
        },
      },
    }),
  },
  {
    step: 'after the file was put in storage',
    parts: (fail) => ({
      storage: {
        ...node.storage,
        put: async (...args) => {
          const stored = await node.storage.put(...args);
          fail();
          return stored;
        },
      },
    }),
  },
  {
    step: 'before the registry is told',
    parts: (fail) => ({
      registry: {
        ...node.registry,
        end: async (...args) => {
          fail();
          return node.registry.end(...args);
        },
      },
    }),
  },
  {
    step: 'after the registry was told',
    parts: (fail) => ({
      registry: {
        ...node.registry,
        end: async (...args) => {
          await node.registry.end(...args);
          fail();
          return true;
        },
      },
    }),
  },
  {
    step: 'before the event is owed',
    parts: (fail) => ({
      notifier: {
        ...node.notifier,
        owe: async (...args) => {
          fail();
          return node.notifier.owe(...args);
        },
      },
    }),
  },
  {
    step: 'while the event is in memory only',
    parts: (fail) => ({
      notifier: { ...node.notifier, owe: () => Promise.resolve('kept'), settled: async () => fail() },
    }),
  },
];

test.each(breaking)('a crash $step loses nothing: the next run ends it', async ({ parts }) => {
  const record = await node.record({ lengthMs: 300 });
  const crash = (): void => {
    throw new Error('crash');
  };
  await expect(encodeRecording({ ...node.parts, ...parts(crash) }, record.recording_id)).rejects.toThrow('crash');
  expect(existsSync(record.dir), 'the spool stays until everyone knows').toBe(true);

  expect(await encodeRecording(node.parts, record.recording_id)).toBe('stored');
  expect(await node.registry.get(record.recording_id)).toMatchObject({ state: 'finished', duration: 0.3 });
  expect(eventsOf(record.recording_id)).toHaveLength(1);
  expect(existsSync(record.dir)).toBe(false);
  const folder = await readdir(dirname(await fileOf(record.recording_id)));
  expect(folder.filter((name) => name.includes(record.recording_id)).sort()).toEqual([
    `${record.recording_id}.wav`,
    `${record.recording_id}.wav.json`,
  ]);
});

test('a job that runs again after everything was done finds that out', async () => {
  const record = await node.record();
  await encodeRecording(node.parts, record.recording_id);
  expect(await encodeRecording(node.parts, record.recording_id)).toBe('gone');
});

test('two runs at once end in the same whole file and one event', async () => {
  const alone = await node.record({ record: { format: 'mp3' }, lengthMs: 3000 });
  await encodeRecording({ ...node.parts, keepSpool: true }, alone.recording_id);
  const wanted = (await stat(await fileOf(alone.recording_id))).size;

  const record = await node.record({ record: { format: 'mp3' }, lengthMs: 3000 });
  const runs = await Promise.allSettled([1, 2, 3].map(() => encodeRecording(node.parts, record.recording_id)));
  // A run whose spool is taken away under it may fail; its job then finds everything done.
  expect(runs.map(({ status }) => status)).toContain('fulfilled');
  expect(await node.registry.get(record.recording_id)).toMatchObject({ state: 'finished', size: wanted });
  expect((await stat(await fileOf(record.recording_id))).size).toBe(wanted);
  expect(eventsOf(record.recording_id)).toHaveLength(1);
});

test('a run that was overtaken does not put its half over the whole file', async () => {
  const record = await node.record({ lengthMs: 500 });
  const storage = {
    ...node.storage,
    // The other run ends between the start of this one and its end.
    scratch: async (...args: Parameters<typeof node.storage.scratch>) => {
      const file = await node.storage.scratch(...args);
      await encodeRecording(node.parts, record.recording_id);
      return file;
    },
  };
  expect(await encodeRecording({ ...node.parts, storage }, record.recording_id)).toBe('gone');
  const samples = (await readFile(await fileOf(record.recording_id))).subarray(-2000);
  expect(samples.some((byte) => byte !== 0)).toBe(true);
});

test('a file in storage that is not what it should be is made again', async () => {
  const record = await node.record();
  const kept = { ...node.parts, keepSpool: true };
  await encodeRecording(kept, record.recording_id);
  const file = await fileOf(record.recording_id);
  await truncate(file, 1000);
  await encodeRecording(kept, record.recording_id);
  expect((await stat(file)).size).toBeGreaterThan(32_000);
});

test('a spool that is kept is marked, so that nobody encodes it again', async () => {
  const record = await node.record();
  await encodeRecording({ ...node.parts, keepSpool: true }, record.recording_id);
  expect(existsSync(join(record.dir, 'speak.rtp'))).toBe(true);
  expect(await isSettled(record.dir)).toBe(true);
});

test('a recording that is given up is an error with a remedy, its spool stays, and a later file tells nobody twice', async () => {
  const record = await node.record();
  const error = new SipreelError('ffmpeg_failed', 'it did not like it');
  await giveUpRecording(node.parts, record.recording_id, error);
  await giveUpRecording(node.parts, record.recording_id, error);
  expect(await node.registry.get(record.recording_id)).toMatchObject({
    state: 'error',
    end_reason: 'error',
    error: { code: 'ffmpeg_failed', message: 'it did not like it', remedy: expect.stringMatching(/\.$/) },
  });
  expect(eventsOf(record.recording_id)).toMatchObject([
    { params: { state: 'error', error: { code: 'ffmpeg_failed' } } },
  ]);
  expect(await isSettled(record.dir)).toBe(true);

  const mendedAt = Date.now() + 5_000;
  await encodeRecording({ ...node.parts, now: () => mendedAt }, record.recording_id);
  expect(eventsOf(record.recording_id)).toHaveLength(1);
  // What was told stands; but the file is there, for whoever hears it and whoever deletes it.
  const mended = await node.registry.get(record.recording_id);
  expect(mended).toMatchObject({
    state: 'error',
    error: { code: 'ffmpeg_failed' },
    end_reason: 'stop',
    duration: 1,
    file: expect.stringContaining(`${record.recording_id}.wav`),
    mended_at: mendedAt / 1000,
  });
  expect((await stat(mended?.file ?? '')).size).toBe(mended?.size);
  expect(existsSync(record.dir)).toBe(false);
});

test('a recording that is given up when its file is there is told of as what it is', async () => {
  const record = await node.record({ lengthMs: 200 });
  const owe = (): Promise<never> => Promise.reject(new Error('crash'));
  const parts = { ...node.parts, notifier: { ...node.notifier, owe } };
  await expect(encodeRecording(parts, record.recording_id)).rejects.toThrow('crash');
  await giveUpRecording(node.parts, record.recording_id, new SipreelError('encode_abandoned', 'its workers died'));
  const ended = await node.registry.get(record.recording_id);
  expect(ended).toMatchObject({ state: 'finished', duration: 0.2 });
  expect(eventsOf(record.recording_id)).toMatchObject([{ params: { state: 'finished', size: ended?.size } }]);
});

test('the end of a recording that Redis has lost is told again by the file that is there', async () => {
  const record = await node.record({ reason: 'hangup', lengthMs: 400 });
  const id = record.recording_id;
  await encodeRecording(node.parts, id);
  const ended = await node.registry.get(id);
  // As after a failover to a replica that was behind.
  await node.registry.delete(id);
  const { dir: _, ...begun } = record;
  await node.registry.begin(begun);
  expect(await encodeRecording(node.parts, id)).toBe('gone');
  expect(await node.registry.get(id)).toEqual(ended);
  expect(eventsOf(id)).toMatchObject([{ params: { state: 'finished', end_reason: 'hangup' } }]);
  await rm(`${ended?.file}.json`);
  await node.registry.delete(id);
  await node.registry.begin(begun);
  await expect(encodeRecording(node.parts, id)).rejects.toMatchObject({ code: 'spool_missing' });
});

test('what was made of a recording while it was deleted goes, and does not bring it back', async () => {
  const record = await node.record();
  const id = record.recording_id;
  await giveUpRecording(node.parts, id, new SipreelError('ffmpeg_failed', 'it did not like it'));
  const made: string[] = [];
  const storage = {
    ...node.storage,
    async put(...args: Parameters<typeof node.storage.put>) {
      const stored = await node.storage.put(...args);
      made.push(stored.file);
      await node.registry.doom(id, { why: 'request', at: 0, by: 'test' });
      await removeSpool(record.dir);
      await node.registry.delete(id);
      return stored;
    },
  };
  expect(await encodeRecording({ ...node.parts, storage }, id)).toBe('gone');
  expect(await node.registry.get(id)).toBeUndefined();
  expect(made.map((file) => existsSync(file))).toEqual([false]);
});

test('a file that is made when its deletion is decided is not kept', async () => {
  const record = await node.record();
  const id = record.recording_id;
  await giveUpRecording(node.parts, id, new SipreelError('ffmpeg_failed', 'it did not like it'));
  await node.registry.doom(id, { why: 'request', at: 0, by: 'test' });
  expect(await encodeRecording(node.parts, id)).toBe('gone');
  expect(await node.registry.get(id)).toMatchObject({ deleting: { by: 'test' } });
  expect(await readdir(node.storageRoot, { recursive: true })).not.toContainEqual(expect.stringContaining(id));
});

test('the events from before the end are told if Redis never had them, each with its number', async () => {
  const record = await node.record({ lengthMs: 1000 });
  const id = record.recording_id;
  const { journal } = await openSpool(record.dir);
  await journal.append({ event: 'paused', t: 300, behavior: 'silence' });
  await journal.append({ event: 'resumed', t: 600 });
  await journal.close();
  await encodeRecording(node.parts, id);
  const told = node.notifier.asked.filter(({ params }) => params.recording_id === id);
  expect(told.map(({ event_id, event_number, timestamp }) => ({ event_id, event_number, timestamp }))).toEqual([
    { event_id: `${id}.recording`, event_number: 1, timestamp: record.start_time },
    { event_id: `${id}.paused`, event_number: 2, timestamp: record.start_time + 0.3 },
    { event_id: `${id}.recording.2`, event_number: 3, timestamp: record.start_time + 0.6 },
  ]);
  expect(told[1]?.params.pause_behavior).toBe('silence');
  expect(eventsOf(id)).toMatchObject([{ event_number: 4 }]);
});

test('a spool that is gone before its time is an error of its own', async () => {
  const record = await node.record();
  await rm(record.dir, { recursive: true });
  await expect(encodeRecording(node.parts, record.recording_id)).rejects.toMatchObject({ code: 'spool_missing' });
  await giveUpRecording(node.parts, record.recording_id, new SipreelError('spool_missing', 'gone'));
  expect(await node.registry.get(record.recording_id)).toMatchObject({
    state: 'error',
    error: { code: 'spool_missing' },
  });
});

test('an ffmpeg that hangs, one that fails and none at all leave the spool and no half file', async () => {
  const record = await node.record({ record: { format: 'mp3' } });
  const cases = [
    { bin: await node.script('hangs', 'exec sleep 60'), code: 'ffmpeg_hung', stallMs: 300 },
    { bin: await node.script('fails', 'cat > /dev/null; echo no space left >&2; exit 1'), code: 'ffmpeg_failed' },
    {
      // It says that all is well, and has written a sixth of it.
      bin: await node.script('lies', 'head -c 6000 | ffmpeg -v error "$@"; cat > /dev/null'),
      code: 'encode_verification_failed',
    },
    { bin: join(node.root, 'nowhere'), code: 'ffmpeg_missing' },
  ];
  for (const { bin, code, stallMs = 30_000 } of cases) {
    const parts = { ...node.parts, ffmpeg: { ffmpegBin: bin, ffprobeBin: 'ffprobe' }, stallMs };
    const run = encodeRecording(parts, record.recording_id);
    await expect(run).rejects.toMatchObject({ code });
  }
  expect(existsSync(record.dir)).toBe(true);
  expect(await node.registry.get(record.recording_id)).toMatchObject({ state: 'recording' });
  const left = await readdir(node.storageRoot, { recursive: true });
  expect(left.filter((name) => name.includes(record.recording_id))).toEqual([]);
  await encodeRecording(node.parts, record.recording_id);
  expect(await node.registry.get(record.recording_id)).toMatchObject({ state: 'finished' });
});

test('storage that cannot be written is storage_failed, and the spool stays', async () => {
  const record = await node.record();
  const inTheWay = join(node.root, 'a-file');
  await writeFile(inTheWay, '');
  const parts = { ...node.parts, storage: createLocalStorage({ root: join(inTheWay, 'storage') }) };
  await expect(encodeRecording(parts, record.recording_id)).rejects.toMatchObject({
    code: 'storage_failed',
    message: expect.stringContaining(inTheWay),
  });
  expect(existsSync(record.dir)).toBe(true);
});

test.runIf(process.getuid?.() !== 0)('a storage folder without permission to write is storage_failed', async () => {
  const record = await node.record();
  const folder = join(node.root, 'forbidden');
  await mkdir(folder, { mode: 0o500 });
  const parts = { ...node.parts, storage: createLocalStorage({ root: folder }) };
  await expect(encodeRecording(parts, record.recording_id)).rejects.toMatchObject({ code: 'storage_failed' });
  await chmod(folder, 0o700);
});

test('scratch files that a crash left are cleared away, those of a living writer are not', async () => {
  const record = await node.record({ record: { start_time: 1_700_000_000 } });
  const folder = join(node.storageRoot, '2023/11/14');
  await mkdir(folder, { recursive: true });
  const left = join(folder, `.${record.recording_id}.wav.old.part`);
  const living = join(folder, `.${record.recording_id}.wav.new.part`);
  await writeFile(left, 'half');
  await writeFile(living, 'half');
  await utimes(left, 1_700_000_000, 1_700_000_000);
  await encodeRecording(node.parts, record.recording_id);
  expect((await readdir(folder)).sort()).toEqual([
    `.${record.recording_id}.wav.new.part`,
    `${record.recording_id}.wav`,
    `${record.recording_id}.wav.json`,
  ]);
});

test('an aborted run ends with the reason, and the next one makes the file', async () => {
  const record = await node.record({ record: { format: 'mp3' } });
  const bin = await node.script('slow', 'exec sleep 60');
  const controller = new AbortController();
  const run = encodeRecording({ ...node.parts, ffmpeg: { ffmpegBin: bin } }, record.recording_id, controller.signal);
  setTimeout(() => controller.abort(new SipreelError('draining', 'going down')), 200);
  await expect(run).rejects.toMatchObject({ code: 'draining' });
  expect(await encodeRecording(node.parts, record.recording_id)).toBe('stored');
});
