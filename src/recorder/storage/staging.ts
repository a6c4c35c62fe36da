import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { StorageName } from './names.ts';
import { newScratch, removeAbandoned } from './scratch.ts';

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
  /** Removes the finished file, and what dead writers have left of it. */
  clear(name: StorageName): Promise<void>;
}

/** Age in milliseconds at which a scratch file counts as left by a crash, if its writer is not known to be gone. */
const abandonedMs = 86_400_000;

/** Flat: a recording's base name is unique, as it holds the recording's id. */
export const createStaging = (root: string): Staging => {
  const path = (name: StorageName): string => join(root, name.key.replaceAll('/', '%'));
  return {
    path,
    async scratch(name) {
      await mkdir(root, { recursive: true, mode: 0o750 });
      await removeAbandoned(root, name.base, abandonedMs);
      return newScratch(root, name.base);
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
    async clear(name) {
      await rm(path(name), { force: true });
      await removeAbandoned(root, name.base, abandonedMs);
    },
  };
};
