import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** What a directory holds: names, contents, times. Two that are equal were not touched in between. */
export const snapshot = async (dir: string): Promise<Record<string, string>> => {
  const names = (await readdir(dir)).sort();
  const entries = await Promise.all(
    ['.', ...names].map(async (name) => {
      const path = join(dir, name);
      const { mtimeMs, size, mode } = await stat(path);
      const hash =
        name === '.'
          ? ''
          : createHash('sha256')
              .update(await readFile(path))
              .digest('hex');
      return [name, `${mtimeMs} ${name === '.' ? '' : size} ${mode} ${hash}`] as const;
    }),
  );
  return Object.fromEntries(entries);
};
