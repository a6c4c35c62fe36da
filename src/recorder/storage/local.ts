import { mkdir, open, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { SipreelError } from '../../errors/error.ts';
import { attempt } from './attempt.ts';
import { nameOfKey, noteOf, type StorageName } from './names.ts';
import { newScratch, removeAbandoned } from './scratch.ts';
import type { Storage, StoredFile } from './storage.ts';

/** Recordings on local disk. */
export interface LocalStorageOptions {
  /** The folder that holds them, created when the first one comes. */
  readonly root: string;
  /**
   * Age in milliseconds at which a scratch file counts as left by a crash, if its writer is not known to be gone. Default:
   * 86,400,000: one that is written while its recording lasts rests in long pauses.
   */
  readonly abandonedMs?: number;
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** Makes a directory's entries durable: without it a crash of the machine may undo a rename. */
const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

const syncFile = async (file: string): Promise<number> => {
  const handle = await open(file, 'r+');
  try {
    await handle.sync();
    return (await handle.stat()).size;
  } finally {
    await handle.close();
  }
};

const unlinkIfThere = async (file: string): Promise<boolean> => {
  try {
    await unlink(file);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
};

/** Creates a folder and makes it durable in each folder above it that had to be created for it. */
const createFolder = async (folder: string): Promise<void> => {
  const first = await mkdir(folder, { recursive: true, mode: 0o750 });
  if (first === undefined) return;
  for (let created = folder; created.length >= first.length; created = dirname(created))
    await syncFolder(dirname(created));
};

/** Storage on local disk: files below the root by their names, written beside and renamed. */
export const createLocalStorage = ({ root, abandonedMs = 86_400_000 }: LocalStorageOptions): Storage => {
  const base = isAbsolute(root) ? root : resolve(root);
  const locate = (name: StorageName): string => join(base, name.key);
  const folderOf = (name: StorageName): string => join(base, name.folder);

  const statFile = async (file: string): Promise<StoredFile | undefined> => {
    try {
      const facts = await stat(file);
      if (!facts.isFile()) throw new SipreelError('storage_failed', `${file} is in the way: it is no file`);
      return { file, size: facts.size };
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  };

  const holds = (location: string): boolean =>
    isAbsolute(location) && resolve(location).startsWith(base.endsWith(sep) ? base : base + sep);
  /** Locations come back out of Redis: one that leads elsewhere is no file of ours. */
  const inside = (location: string): string => {
    if (holds(location)) return resolve(location);
    throw new SipreelError('storage_failed', `${location} is not below ${base}`, { details: { file: location } });
  };

  return {
    locate,
    scratch: (name) =>
      attempt('written', locate(name), async () => {
        await createFolder(folderOf(name));
        await removeAbandoned(folderOf(name), name.base, abandonedMs);
        return newScratch(folderOf(name), name.base);
      }),
    put: (scratchFile, name) =>
      attempt('written', locate(name), async () => {
        const size = await syncFile(scratchFile);
        await rename(scratchFile, locate(name));
        await syncFolder(folderOf(name));
        return { file: locate(name), size };
      }),
    // A put that fails keeps only its scratch file, which is its writer's as long as that lives.
    abandon: (name) => attempt('removed', locate(name), () => removeAbandoned(folderOf(name), name.base, abandonedMs)),
    discard: (scratchFile) => attempt('removed', scratchFile, () => rm(scratchFile, { force: true })),
    find: (name) => attempt('looked at', locate(name), () => statFile(locate(name))),
    holds,
    nameOf: (location) =>
      holds(location) ? nameOfKey(relative(base, resolve(location)).replaceAll(sep, '/')) : undefined,
    read: (location, range = {}) =>
      attempt('read', location, async () => (await open(inside(location), 'r')).createReadStream(range)),
    note: (location, text) =>
      attempt('written', noteOf(location), async () => {
        const scratchFile = newScratch(dirname(inside(location)), basename(noteOf(location)));
        try {
          // As readable as the file that it is about: it has who called whom.
          await writeFile(scratchFile, text, { flush: true, mode: 0o640 });
          await rename(scratchFile, noteOf(location));
        } catch (error) {
          await rm(scratchFile, { force: true });
          throw error;
        }
        await syncFolder(dirname(location));
      }),
    remove: (location) =>
      attempt('removed', location, async () => {
        // The file goes first: a note without its file is found and removed again, a file without its note is whole.
        const there = await unlinkIfThere(inside(location));
        await unlinkIfThere(noteOf(location));
        return there;
      }),
  };
};
