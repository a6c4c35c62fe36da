import { existsSync } from 'node:fs';
import { SipreelError } from '../../errors/error.ts';
import type { TrackName } from '../recording/parameters.ts';
import type { Pause } from '../recording/pauses.ts';
import type { EndReason, RecordingRecord } from '../recording/record.ts';
import type { JournalEntry } from './journal.ts';
import { type JournalContents, readJournal } from './journal-file.ts';
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
  const journal = await readJournal(path);
  const opened = find(journal.entries, 'opened');
  if (!opened) {
    throw new SipreelError('spool_unreadable', `${path} has no line with "event":"opened"`, { details: { path } });
  }
  return contentsOf(dir, opened.record, journal, trackNames);
};

/**
 * Reads the journal of a recording that goes on: stopMs is infinite, and so is the end of a pause that lasts. Undefined if it has
 * not begun, has ended, or its spool is gone.
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
  const pauses = pausesIn(entries, stopMs);
  return { record: opened.record, entries, startMs: started.t, stopMs, pauses, reason: undefined, damagedLines };
};

/** What a journal and these tracks say together of a recording. @throws SipreelError spool_unreadable */
export const contentsOf = async (
  dir: string,
  record: RecordingRecord,
  journal: JournalContents,
  tracks: readonly TrackName[],
): Promise<SpoolContents> => {
  const { entries, damagedLines } = journal;
  const stopped = find(entries, 'stopped');
  const stopMs = stopped?.t ?? Math.max(entries.at(-1)?.t ?? 0, await lastPacketMs(dir, tracks));
  const startMs = find(entries, 'started')?.t ?? (await unsaidStartMs(dir, journal, tracks, stopMs));
  const pausedMs = openPauseMs(entries);
  // Nothing is written in a pause, so a packet from after its begin says that it was over, whatever became of that line.
  const resumedMs = pausedMs === undefined ? undefined : await firstPacketMs(dir, tracks, pausedMs);
  return {
    record,
    entries,
    startMs: Math.min(startMs, stopMs),
    stopMs,
    pauses: pausesIn(entries, stopMs, resumedMs),
    reason: stopped?.reason,
    damagedLines,
  };
};

/** A recording starts, or fails to, within so long of its first packet. */
const startsWithinMs = 5000;

/**
 * Where a recording starts whose journal does not say so: nowhere, if its process died before; but the line may also be damaged,
 * or the disk was full when it was written, and then all that was captured counts.
 */
const unsaidStartMs = async (
  dir: string,
  { entries, damagedLines }: JournalContents,
  tracks: readonly TrackName[],
  stopMs: number,
): Promise<number> => {
  const firstMs = (await firstPacketMs(dir, tracks)) ?? stopMs;
  const whole = damagedLines === 0 && find(entries, 'opened') !== undefined;
  return whole && stopMs - firstMs < startsWithinMs ? stopMs : firstMs;
};

const find = <E extends JournalEntry['event']>(
  entries: readonly JournalEntry[],
  event: E,
): Extract<JournalEntry, { event: E }> | undefined =>
  entries.find((entry): entry is Extract<JournalEntry, { event: E }> => entry.event === event);

/** The first packet, or the first that came after a moment, by more than the rounding of the tracks. */
const firstPacketMs = async (
  dir: string,
  tracks: readonly TrackName[],
  afterMs = Number.NEGATIVE_INFINITY,
): Promise<number | undefined> => {
  let first: number | undefined;
  for (const track of tracks) {
    for await (const packets of readTrack(dir, track)) {
      const found = packets.find(({ offsetMs }) => offsetMs > afterMs + 1);
      if (found === undefined) continue;
      first = Math.min(first ?? found.offsetMs, found.offsetMs);
      break;
    }
  }
  return first;
};

const lastPacketMs = async (dir: string, tracks: readonly TrackName[]): Promise<number> => {
  let last = 0;
  for (const track of tracks) {
    for await (const packets of readTrack(dir, track)) last = Math.max(last, packets.at(-1)?.offsetMs ?? 0);
  }
  return last;
};
