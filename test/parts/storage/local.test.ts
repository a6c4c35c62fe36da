import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHoming } from '../../../src/recorder/storage/homing.ts';
import { createLocalStorage } from '../../../src/recorder/storage/local.ts';
import { noteOf, storageName } from '../../../src/recorder/storage/names.ts';
import type { Storage } from '../../../src/recorder/storage/storage.ts';

let root: string;
let storage: Storage;
let count = 0;
beforeAll(async () => {
  root = join(await mkdtemp(join(tmpdir(), 'sipreel-storage-')), 'not/there/yet');
  storage = createLocalStorage({ root });
});
afterAll(() => rm(root, { recursive: true, force: true }));

const newName = () => storageName({ recordingId: `r${++count}`, startTime: 1_767_225_600, extension: 'wav' });

test('a file is there whole or not at all', async () => {
  const name = newName();
  expect(await storage.find(name)).toBeUndefined();
  const scratch = await storage.scratch(name);
  await writeFile(scratch, 'sound');
  expect(await storage.find(name)).toBeUndefined();
  const stored = await storage.put(scratch, name);
  expect(stored).toEqual({ file: join(root, '2026/01/01', `${name.base}`), size: 5 });
  expect(await storage.find(name)).toEqual(stored);
  expect(storage.locate(name)).toBe(stored.file);
  expect(await readdir(join(root, name.folder))).toEqual([name.base]);
});

test('who is neither user nor group of the server reads no note and enters no folder', async () => {
  const name = newName();
  const scratch = await storage.scratch(name);
  await writeFile(scratch, 'sound');
  const { file } = await storage.put(scratch, name);
  await storage.note(file, JSON.stringify({ sha256: createHash('sha256').update('sound').digest('hex') }));
  const home = await createHoming(createLocalStorage({ root: join(root, 'home') }), storage).copyHome(file);
  for (const path of [noteOf(file), home.file, noteOf(home.file), root, join(root, name.folder)]) {
    expect((await stat(path)).mode & 0o007, path).toBe(0);
  }
});

test('two writers of the same file have each their own scratch file, and the last one counts', async () => {
  const name = newName();
  const [one, two] = [await storage.scratch(name), await storage.scratch(name)];
  expect(one).not.toBe(two);
  await writeFile(one, 'first');
  await writeFile(two, 'second');
  await storage.put(one, name);
  await storage.put(two, name);
  expect(await readFile(storage.locate(name), 'utf8')).toBe('second');
});

test('a file is read whole or in part', async () => {
  const name = newName();
  const scratch = await storage.scratch(name);
  await writeFile(scratch, '0123456789');
  await storage.put(scratch, name);
  expect(await text(await storage.read(storage.locate(name)))).toBe('0123456789');
  expect(await text(await storage.read(storage.locate(name), { start: 2, end: 4 }))).toBe('234');
  expect(await text(await storage.read(storage.locate(name), { start: 8 }))).toBe('89');
});

test('removing and discarding what is not there is no error', async () => {
  const name = newName();
  const scratch = await storage.scratch(name);
  await storage.discard(scratch);
  await writeFile(scratch, 'sound');
  await storage.put(scratch, name);
  expect(await storage.remove(storage.locate(name))).toBe(true);
  expect(await storage.remove(storage.locate(name))).toBe(false);
});

test('a note lies beside its file and goes with it', async () => {
  const name = newName();
  const scratch = await storage.scratch(name);
  await writeFile(scratch, 'sound');
  const { file } = await storage.put(scratch, name);
  await storage.note(file, '{"once":1}');
  await storage.note(file, '{"twice":2}');
  expect(await readFile(`${file}.json`, 'utf8')).toBe('{"twice":2}');
  expect((await readdir(join(root, name.folder))).filter((entry) => entry.includes(name.base))).toHaveLength(2);
  await storage.remove(file);
  expect((await readdir(join(root, name.folder))).filter((entry) => entry.includes(name.base))).toEqual([]);
});

test('a note that cannot be written leaves nothing of itself, however often it is tried', async () => {
  const name = newName();
  const scratch = await storage.scratch(name);
  await writeFile(scratch, 'sound');
  const { file } = await storage.put(scratch, name);
  await mkdir(`${file}.json/in-the-way`, { recursive: true });
  for (let i = 0; i < 3; i++) await expect(storage.note(file, '{}')).rejects.toMatchObject({ code: 'storage_failed' });
  expect((await readdir(join(root, name.folder))).filter((entry) => entry.endsWith('.part'))).toEqual([]);
});

test.each(['/etc/passwd', '../up', 's3://bucket/key', ''])('%j is no location of it', async (location) => {
  expect(storage.holds(location)).toBe(false);
  await expect(storage.read(location)).rejects.toMatchObject({ code: 'storage_failed' });
  await expect(storage.remove(location)).rejects.toMatchObject({ code: 'storage_failed' });
  expect(storage.holds(`${root}/../x`)).toBe(false);
});

test('what the disk refuses is storage_failed with the path', async () => {
  const name = newName();
  const failed = { code: 'storage_failed', message: expect.stringContaining(root) };
  await expect(storage.read(storage.locate(name))).rejects.toMatchObject(failed);
  await expect(storage.put(join(root, 'no such scratch file'), name)).rejects.toMatchObject(failed);
  await mkdir(storage.locate(name), { recursive: true });
  await expect(storage.find(name)).rejects.toMatchObject(failed);
  const inTheWay = createLocalStorage({ root: '/dev/null/storage' });
  await expect(inTheWay.scratch(name)).rejects.toMatchObject({ code: 'storage_failed' });
});
