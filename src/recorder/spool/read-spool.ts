import { existsSync } from 'node:fs';
import { SipreelError } from '../../errors/error.ts';
import type { EndReason, RecordingRecord } from '../recording/record.ts';
import type { JournalEntry } from './journal.ts';
import { readJournal } from './journal-file.ts';
import { journalPath, trackNames } from './layout.ts';
import { readTrack } from './read-track.ts';

/** What a spool says of its recording. Times are milliseconds on the recording's clock. */
export interface SpoolContents {
  readonly record: RecordingRecord;
  readonly entries: readonly JournalEntry[];
  /** Sound counts from here; equal to stopMs if the recording never got to its start. */
  readonly startMs: number;
  /** Sound counts to here. */
  readonly stopMs: number;
  /** Undefined if nobody stopped it: its process died, and stopMs is the last sign of life. */
  readonly reason: EndReason | undefined;
  /** Journal lines that could not be read: 0 in a healthy spool. */
  readonly damagedLines: number;
}

/**
 * Reads a spool's journal and, if it does not say where the recording ended, its tracks.
 * @throws SipreelError spool_unreadable if a file cannot be read or the journal has no `opened` line: such a spool was
 * never captured to.
 */
export const readSpool = async (dir: string): Promise<SpoolContents> => {
  const path = journalPath(dir);
  const { entries, damagedLines } = await readJournal(path);
  const opened = find(entries, 'opened');
  if (!opened) {
    throw new SipreelError('spool_unreadable', `${path} has no line with "event":"opened"`, { details: { path } });
  }
  const stopped = find(entries, 'stopped');
  const stopMs = stopped?.t ?? Math.max(entries.at(-1)?.t ?? 0, await lastPacketMs(dir));
  return {
    record: opened.record,
    entries,
    startMs: Math.min(find(entries, 'started')?.t ?? stopMs, stopMs),
    stopMs,
    reason: stopped?.reason,
    damagedLines,
  };
};

/**
 * Reads the journal of a recording that goes on: stopMs is infinite. Undefined if it has not begun, has ended, or its spool is gone.
 * @throws SipreelError spool_unreadable
 */
export const readSpoolSoFar = async (dir: string): Promise<SpoolContents | undefined> => {
  const path = journalPath(dir);
  if (!existsSync(path)) return undefined;
  const { entries, damagedLines } = await readJournal(path);
  const opened = find(entries, 'opened');
  const started = find(entries, 'started');
  if (!opened || !started || find(entries, 'stopped')) return undefined;
  const stopMs = Number.POSITIVE_INFINITY;
  return { record: opened.record, entries, startMs: started.t, stopMs, reason: undefined, damagedLines };
};

const find = <E extends JournalEntry['event']>(
  entries: readonly JournalEntry[],
  event: E,
): Extract<JournalEntry, { event: E }> | undefined =>
  entries.find((entry): entry is Extract<JournalEntry, { event: E }> => entry.event === event);

const lastPacketMs = async (dir: string): Promise<number> => {
  let last = 0;
  for (const track of trackNames) {
    for await (const packets of readTrack(dir, track)) last = Math.max(last, packets.at(-1)?.offsetMs ?? 0);
  }
  return last;
};
