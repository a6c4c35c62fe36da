import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256File } from '../../../src/recorder/storage/digests.ts';
import { nameOfKey } from '../../../src/recorder/storage/names.ts';
import type { Storage } from '../../../src/recorder/storage/storage.ts';

/** A file in storage with its manifest, as encoding leaves it; gives its location. */
export const keep = async (storage: Storage, key: string, sound: string): Promise<string> => {
  const name = nameOfKey(key);
  const scratch = await storage.scratch(name);
  await writeFile(scratch, sound);
  const { sha256 } = await sha256File(scratch);
  const { file } = await storage.put(scratch, name);
  await storage.note(file, JSON.stringify({ version: 1, recording: { file }, sha256 }));
  return file;
};

/** A spool with something in it, as a failed encoding or data.keep_spool leaves it. */
export const keepSpool = async (root: string, recordingId: string): Promise<void> => {
  await mkdir(join(root, recordingId), { recursive: true });
  await writeFile(join(root, recordingId, 'speak.rtp'), 'raw sound');
};

/** All files below a folder; none if it is not there. */
export const filesIn = async (folder: string): Promise<string[]> => {
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return found
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
    .sort();
};
