import type { JournalEntry } from '../spool/journal.ts';

/** How far a recording has been rendered; ms on its clock. */
export interface Rendered {
  /** Packets that arrived until then were taken. */
  readonly packetsMs: number;
  /** Sound from `startMs` to `soundMs` was given out. */
  readonly startMs: number;
  readonly soundMs: number;
}

/** The track's own default: how late a packet may be and still find its place. */
export const lookAheadMs = 4000;

/** True if an entry says nothing of what was rendered before it was known. */
const comesInTime = (entry: JournalEntry, { packetsMs, startMs, soundMs }: Rendered): boolean => {
  switch (entry.event) {
    case 'sdp':
      return entry.t > packetsMs;
    case 'masked':
      return entry.from >= soundMs || Math.min(entry.to, soundMs) <= startMs;
    case 'paused':
      return entry.t >= soundMs;
    case 'resumed':
      // What came before it was of another run of sound than what comes after it.
      return entry.t >= soundMs && entry.t > packetsMs + 0.5;
    case 'stopped':
      return entry.t >= soundMs && entry.t + lookAheadMs >= packetsMs;
    case 'opened':
    case 'started':
      return false;
    case 'key':
    case 'hold':
    case 'captured':
      return true;
  }
};

/**
 * True if a journal as it is now leads to what was rendered by it as it was then. Journals only grow, so this fails when a
 * line comes late: a stalled disk, or a key that was held down for very long.
 */
export const journalFits = (then: readonly JournalEntry[], now: readonly JournalEntry[], rendered: Rendered): boolean =>
  now.length >= then.length && now.slice(then.length).every((entry) => comesInTime(entry, rendered));
