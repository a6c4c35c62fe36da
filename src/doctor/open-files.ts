import { readFile } from 'node:fs/promises';
import type { Logger } from '../log.ts';

/** A call with one stereo recording: prompt sockets, capture socket, two tracks, a journal, and what comes and goes. */
const filesPerCall = 10;
/** Threads, connections, logs, files that are served. */
const filesBeside = 300;
/** What is planned for where no limit is set. */
const usualCalls = 500;

/** How many files this process may open, as `/proc/self/limits` has it; undefined without such a line or limit. */
export const openFileLimit = (limits: string): number | undefined => {
  const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
  return soft === undefined ? undefined : Number(soft);
};

/** Files that so many calls need; for the usual number of them where no limit is set (0). */
export const neededFiles = (calls: number): { readonly needed: number; readonly for: number } => {
  const planned = calls || usualCalls;
  return { needed: planned * filesPerCall + filesBeside, for: planned };
};

/** Says so if the limit of open files is too low for so many calls (0: no limit is set); Linux only. */
export const checkOpenFiles = async (calls: number, log: Logger): Promise<void> => {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const limit = openFileLimit(limits);
  const { needed, for: planned } = neededFiles(calls);
  if (limit === undefined || limit >= needed) return;
  log.warn(
    { limit, needed, calls: planned },
    'the limit of open files is too low for so many calls: raise it (ulimit -n, LimitNOFILE=) or set limits.calls',
  );
};
