import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createBackedUpStorage } from '../../../src/recorder/storage/backed-up.ts';
import { createLocalStorage } from '../../../src/recorder/storage/local.ts';
import { storageName } from '../../../src/recorder/storage/names.ts';
import { createS3Storage } from '../../../src/recorder/storage/s3.ts';
import type { Storage } from '../../../src/recorder/storage/storage.ts';
import { credentials, type S3Server, startS3, type Trouble } from './s3-server.ts';

const partSize = 5 << 20;
let folder: string;
let server: S3Server;
let storage: ReturnType<typeof createS3Storage>;
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sipreel-s3-'));
  server = await startS3(join(folder, 'service'));
  storage = createS3Storage({
    bucket: server.bucket,
    prefix: 'calls/',
    endpoint: server.endpoint,
    credentials,
    stagingRoot: join(folder, 'staging'),
    partSize,
    timeoutMs: 700,
  });
});
afterEach(() => {
  server.trouble = 'none';
});
afterAll(async () => {
  await storage.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const newName = () => storageName({ recordingId: `r${++count}`, startTime: 1_767_225_600, extension: 'wav' });
const written = async (to: Storage, name: ReturnType<typeof newName>, sound: Uint8Array) => {
  const scratch = await to.scratch(name);
  await writeFile(scratch, sound);
  return scratch;
};
const staged = () => readdir(join(folder, 'staging'));

test.each([
  ['that fits into one part', 100_000],
  ['of exactly one part', partSize],
  ['of several parts', 2 * partSize + 12_345],
  ['that is empty', 0],
])('a file %s is stored, found, read in ranges and removed', async (_what, size) => {
  const name = newName();
  const sound = randomBytes(size);
  expect(await storage.find(name)).toBeUndefined();
  const stored = await storage.put(await written(storage, name, sound), name);
  const sha = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  expect(stored).toEqual({ file: `s3://${server.bucket}/calls/${name.key}`, size, sha256: sha(sound) });
  expect(storage.locate(name)).toBe(stored.file);
  expect(await storage.find(name)).toEqual(stored);
  expect(await staged()).toEqual([]);
  expect(sha(await buffer(await storage.read(stored.file)))).toBe(sha(sound));
  if (size > 0) {
    const range = await buffer(await storage.read(stored.file, { start: size - 10, end: size - 4 }));
    expect(range.equals(sound.subarray(size - 10, size - 3))).toBe(true);
  }
  await storage.note(stored.file, '{}');
  expect(await text(await storage.read(`${stored.file}.json`))).toBe('{}');
  expect(await storage.remove(stored.file)).toBe(true);
  expect(await storage.remove(stored.file)).toBe(false);
  await expect(storage.read(`${stored.file}.json`)).rejects.toMatchObject({ code: 'storage_failed' });
});

test.each([
  [{ kind: 'AES256' }, { 'x-amz-server-side-encryption': 'AES256' }],
  [
    { kind: 'aws:kms', keyId: 'key-1' },
    { 'x-amz-server-side-encryption': 'aws:kms', 'x-amz-server-side-encryption-aws-kms-key-id': 'key-1' },
  ],
] as const)('encryption by the service is asked for with %j, for file and manifest', async (encryption, headers) => {
  const { bucket, endpoint } = server;
  const stagingRoot = join(folder, 'staging');
  const encrypted = createS3Storage({ bucket, endpoint, credentials, stagingRoot, partSize, encryption });
  for (const size of [1_000, 2 * partSize]) {
    const name = newName();
    server.uploads.length = 0;
    const { file } = await encrypted.put(await written(encrypted, name, randomBytes(size)), name);
    await encrypted.note(file, '{}');
    // Of a file in several parts the request that begins it says so.
    const [first, ...others] = server.uploads.filter(({ url }) => !/partNumber|uploadId/.test(url));
    for (const upload of [first, others.at(-1)]) expect(upload?.headers).toMatchObject(headers);
  }
  await encrypted.close();
});

test.each<Trouble>(['status 500', 'cut', 'silent', 'corrupt'])(
  'an upload that meets trouble (%s) fails, its file waits, and find() completes it once the way is good',
  async (trouble) => {
    const name = newName();
    const sound = randomBytes(300_000);
    const scratch = await written(storage, name, sound);
    server.trouble = trouble;
    await expect(storage.put(scratch, name)).rejects.toMatchObject({
      code: 'storage_failed',
      message: expect.stringContaining(storage.locate(name)),
    });
    expect(await staged()).toHaveLength(1);
    await expect(storage.find(name)).rejects.toMatchObject({ code: 'storage_failed' });
    server.trouble = 'none';
    expect(await storage.find(name)).toMatchObject({ file: storage.locate(name), size: sound.length });
    expect((await buffer(await storage.read(storage.locate(name)))).equals(sound)).toBe(true);
    expect(await staged()).toEqual([]);
  },
);

test('a slow way is only slow', async () => {
  const name = newName();
  server.trouble = 'slow';
  const sound = randomBytes(2_000_000);
  expect(await storage.put(await written(storage, name, sound), name)).toMatchObject({ size: sound.length });
});

test('a service that is away is waited for with the finished file; put again replaces what is there', async () => {
  const name = newName();
  const scratch = await written(storage, name, Buffer.from('sound'));
  await server.down();
  try {
    await expect(storage.put(scratch, name)).rejects.toMatchObject({ code: 'storage_failed' });
  } finally {
    await server.up();
  }
  const stored = await storage.find(name);
  expect(stored).toMatchObject({ size: 5 });
  await storage.put(await written(storage, name, Buffer.from('other sound')), name);
  expect(await text(await storage.read(storage.locate(name)))).toBe('other sound');
});

test('what is not in the bucket, or in another one, is storage_failed', async () => {
  await expect(storage.read(`s3://${server.bucket}/nothing`)).rejects.toMatchObject({ code: 'storage_failed' });
  expect(storage.holds('s3://other/key')).toBe(false);
  await expect(storage.remove('s3://other/key')).rejects.toMatchObject({ code: 'storage_failed' });
});

test('a back-up on the disk takes what the bucket can not, and each file is read where it is', async () => {
  const local = createLocalStorage({ root: join(folder, 'backup') });
  const both = createBackedUpStorage(storage, local, pino({ level: 'silent' }));
  const [usual, other] = [newName(), newName()];
  const first = await both.put(await written(both, usual, Buffer.from('usual')), usual);
  server.trouble = 'status 500';
  const second = await both.put(await written(both, other, Buffer.from('other')), other);
  expect(await staged()).toEqual([]);
  expect(first.file).toBe(storage.locate(usual));
  expect(second.file).toBe(local.locate(other));
  expect(await both.find(other)).toMatchObject({ file: second.file });
  expect(await both.find(usual)).toMatchObject({ file: first.file });
  expect(await text(await both.read(first.file))).toBe('usual');
  expect(await text(await both.read(second.file))).toBe('other');
  expect(await both.remove(second.file)).toBe(true);
  expect(await readdir(join(folder, 'backup/2026/01/01'))).toEqual([]);
});

test('a back-up that is away, or full, holds up nothing that the first store takes', async () => {
  const first = createLocalStorage({ root: join(folder, 'first') });
  // A file in its place is what a disk comes to that is not mounted, or full.
  await writeFile(join(folder, 'no-folder'), '');
  await server.down();
  try {
    for (const backup of [storage, createLocalStorage({ root: join(folder, 'no-folder') })]) {
      const both = createBackedUpStorage(first, backup, pino({ level: 'silent' }));
      const name = newName();
      expect(await both.find(name)).toBeUndefined();
      const stored = await both.put(await written(both, name, Buffer.from('sound')), name);
      expect(stored.file).toBe(first.locate(name));
      expect(await both.find(name)).toMatchObject({ file: stored.file });
    }
  } finally {
    await server.up();
  }
  expect(await staged()).toEqual([]);
});

test('what a process left in the back-up that died while it sent to the bucket is found and removed', async () => {
  const backup = join(folder, 'spares');
  const local = createLocalStorage({ root: backup });
  const both = createBackedUpStorage(storage, local, pino({ level: 'silent' }));
  const name = newName();
  await storage.put(await written(both, name, Buffer.from('sound')), name);
  const spare = await written(local, name, Buffer.from('sound'));
  const dead = spare.replace(`.${process.pid}-`, '.4194305-');
  await rename(spare, dead);
  expect(await both.find(name)).toMatchObject({ file: storage.locate(name) });
  expect(await readdir(dirname(dead))).toEqual([]);
});
