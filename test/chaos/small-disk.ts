import { execFile } from 'node:child_process';
import { rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A disk that can be filled. */
export interface SmallDisk {
  fill(): Promise<void>;
  free(): Promise<void>;
  close(): Promise<void>;
}

/** Mounts a tmpfs of 48 MB on an empty folder; a sentence on why that cannot be done, where it cannot. */
export const mountSmallDisk = async (folder: string): Promise<SmallDisk | string> => {
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'tmpfs', folder]);
  } catch (error) {
    return `a tmpfs cannot be mounted here: ${error instanceof Error ? error.message.trim() : String(error)}`;
  }
  const filler = join(folder, 'filler');
  return {
    async fill() {
      // What others write meanwhile takes the rest of it: then there is none.
      for (let left = 1; left > 0; ) {
        const { bfree, bsize } = await statfs(folder);
        left = bfree * bsize;
        if (left > 0) await writeFile(filler, Buffer.alloc(left), { flag: 'a' }).catch(() => undefined);
      }
    },
    free: () => rm(filler, { force: true }),
    async close() {
      await run('umount', ['--lazy', folder]);
    },
  };
};
