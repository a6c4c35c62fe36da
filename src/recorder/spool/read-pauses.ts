import type { Pause } from '../recording/pauses.ts';
import type { JournalEntry } from './journal.ts';

type PausedEntry = Extract<JournalEntry, { event: 'paused' }>;

/**
 * The pauses that a journal tells of, in order, up to `stopMs`. One without its end lasts until `lostEndMs` says, which is
 * for a crash that has torn the line off.
 */
export const pausesIn = (
  entries: readonly JournalEntry[],
  stopMs: number,
  lostEndMs = Number.POSITIVE_INFINITY,
): readonly Pause[] => {
  const pauses: Pause[] = [];
  let open: PausedEntry | undefined;
  const close = (to: number): void => {
    if (open === undefined) return;
    const pause = { from: open.t, to: Math.min(to, stopMs), behavior: open.behavior };
    if (pause.to > pause.from) pauses.push(pause);
    open = undefined;
  };
  for (const entry of entries) {
    if (entry.event === 'paused') open ??= entry;
    else if (entry.event === 'resumed') close(entry.t);
  }
  close(lostEndMs);
  return pauses;
};

/** The moment of the pause that nothing in the journal ends, if there is one. */
export const openPauseMs = (entries: readonly JournalEntry[]): number | undefined => {
  const last = entries.findLast(({ event }) => event === 'paused' || event === 'resumed');
  return last?.event === 'paused' ? last.t : undefined;
};

/** How many events were told of a recording before its end: that it began, and each pause and resume. */
export const eventsTold = (entries: readonly JournalEntry[]): number =>
  1 + entries.filter(({ event }) => event === 'paused' || event === 'resumed').length;
