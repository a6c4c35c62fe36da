import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { partName, type StorageName } from './names.ts';

/** Files on local disk on their way to somewhere else; one that is finished stays until it has got there. */
export interface Staging {
  /** Where the finished file of this name lies. */
  path(name: StorageName): string;
  /** A file for one writer. */
  scratch(name: StorageName): Promise<string>;
  /** Makes a writer's file the finished one, durably. */
  finish(scratchFile: string, name: StorageName): Promise<void>;
  discard(scratchFile: string): Promise<void>;
  has(name: StorageName): Promise<boolean>;
  /** Removes the finished file. */
  clear(name: StorageName): Promise<void>;
}

/** Flat: a recording's base name is unique, as it holds the recording's id. */
export const createStaging = (root: string): Staging => {
  const path = (name: StorageName): string => join(root, name.key.replaceAll('/', '%'));
  return {
    path,
    async scratch(name) {
      await mkdir(root, { recursive: true });
      return join(root, partName(name.base, randomUUID()));
    },
    async finish(scratchFile, name) {
      const handle = await open(scratchFile, 'r+');
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(scratchFile, path(name));
      // The spool is still there: an entry that a power cut takes away costs an encoding, not a recording.
    },
    discard: (scratchFile) => rm(scratchFile, { force: true }),
    has: async (name) =>
      stat(path(name)).then(
        () => true,
        () => false,
      ),
    clear: (name) => rm(path(name), { force: true }),
  };
};
