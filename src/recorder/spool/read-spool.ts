import { SipreelError } from '../../errors/error.ts';
import type { Pause } from '../recording/pauses.ts';
import type { EndReason, RecordingRecord } from '../recording/record.ts';
import type { JournalEntry } from './journal.ts';
import { readJournal } from './journal-file.ts';
import { journalPath, trackNames } from './layout.ts';
import { openPauseMs, pausesIn } from './read-pauses.ts';
import { readTrack } from './read-track.ts';

/** What a spool says of its recording. Times are milliseconds on the recording's clock. */
export interface SpoolContents {
  readonly record: RecordingRecord;
  readonly entries: readonly JournalEntry[];
  /** Sound counts from here; equal to stopMs if the recording never got to its start. */
  readonly startMs: number;
  /** Sound counts to here. */
  readonly stopMs: number;
  /** Times in which nothing was recorded, in order, none beyond stopMs. */
  readonly pauses: readonly Pause[];
  /** Undefined if nobody stopped it: its process died, and stopMs is the last sign of life. */
  readonly reason: EndReason | undefined;
  /** Journal lines that could not be read: 0 in a healthy spool. */
  readonly damagedLines: number;
}

/**
 * Reads a spool's journal and, if it does not say where the recording or its last pause ended, its tracks.
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
  const pausedMs = openPauseMs(entries);
  // Nothing is written in a pause, so a packet from after its begin says that it was over, whatever became of that line.
  const resumedMs = pausedMs === undefined ? undefined : await firstPacketMs(dir, pausedMs);
  return {
    record: opened.record,
    entries,
    startMs: Math.min(find(entries, 'started')?.t ?? stopMs, stopMs),
    stopMs,
    pauses: pausesIn(entries, stopMs, resumedMs),
    reason: stopped?.reason,
    damagedLines,
  };
};

const find = <E extends JournalEntry['event']>(
  entries: readonly JournalEntry[],
  event: E,
): Extract<JournalEntry, { event: E }> | undefined =>
  entries.find((entry): entry is Extract<JournalEntry, { event: E }> => entry.event === event);

/** The first packet that came after a moment, by more than the rounding of the tracks. */
const firstPacketMs = async (dir: string, afterMs: number): Promise<number | undefined> => {
  let first: number | undefined;
  for (const track of trackNames) {
    for await (const packets of readTrack(dir, track)) {
      const found = packets.find(({ offsetMs }) => offsetMs > afterMs + 1);
      if (found === undefined) continue;
      first = Math.min(first ?? found.offsetMs, found.offsetMs);
      break;
    }
  }
  return first;
};

const lastPacketMs = async (dir: string): Promise<number> => {
  let last = 0;
  for (const track of trackNames) {
    for await (const packets of readTrack(dir, track)) last = Math.max(last, packets.at(-1)?.offsetMs ?? 0);
  }
  return last;
};
