import { readdir, readFile } from 'node:fs/promises';

/** Command lines of the running processes that hold `word`; zombies have none. */
export const processesWith = async (word: string): Promise<string[]> => {
  const lines = await Promise.all(
    (await readdir('/proc'))
      .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
      // A process that ended meanwhile has no command line.
      .map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return lines.filter((line) => line.includes(word)).map((line) => line.replaceAll('\0', ' '));
};
