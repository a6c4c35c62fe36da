import { setTimeout as sleep } from 'node:timers/promises';
import type { Journal } from './spool/journal-file.ts';

/** How long somebody waits at the end of a recording for a disk that takes nothing, ms; its sound waits on in memory. */
const patienceMs = 2_500;

/** Resolves when it is done, or when that takes too long and `isPatient` says no. Rejects if it does in that time. */
export const withPatience = async (done: Promise<unknown>, isPatient = (): boolean => false): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, patienceMs);
  });
  try {
    await Promise.race([done, late]);
  } finally {
    clearTimeout(timer);
  }
  if (isPatient()) await done;
};

/** As long as capture waits for the disk, ms. */
const mostMs = 300_000;
const retryMs = 250;

/** Resolves when the disk has taken all lines, or has not for so long that they are given up. Never rejects. */
export const whenWritten = async (journal: Pick<Journal, 'behind' | 'sync'>): Promise<void> => {
  for (const until = performance.now() + mostMs; journal.behind && performance.now() < until; ) {
    // A process that ends does not wait for it: what is in the spool becomes a file at the next start.
    await sleep(retryMs, undefined, { ref: false });
    await journal.sync().catch(() => undefined); // It is still behind then.
  }
};
