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

/** Says so if the limit of open files is too low for so many calls (0: no limit is set); Linux only. */
export const checkOpenFiles = async (calls: number, log: Logger): Promise<void> => {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  const limit = openFileLimit(limits);
  const needed = (calls || usualCalls) * filesPerCall + filesBeside;
  if (limit === undefined || limit >= needed) return;
  log.warn(
    { limit, needed, calls: calls || usualCalls },
    'the limit of open files is too low for so many calls: raise it (ulimit -n, LimitNOFILE=) or set limits.calls',
  );
};
