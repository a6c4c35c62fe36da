import type { TrackName } from '../recording/parameters.ts';
import type { KeptJournalEntry } from '../registry/kept-journal.ts';
import type { SoundReport } from '../registry/sound-facts.ts';
import type { JournalEntry } from './journal.ts';
import { pausesIn } from './read-pauses.ts';

/** Something in a recording's file that people look for. Seconds; `at` is a place in the file. */
export interface Mark {
  readonly kind: 'pause' | 'key' | 'hold' | 'loss';
  readonly at: number;
  /** How long it lasts in the file; 0 for a moment, and for a pause that left nothing. */
  readonly length: number;
  /** The direction that it is about; both without it. */
  readonly track?: TrackName;
  /** Of a pause: how long it lasted. */
  readonly paused?: number;
  /** Of a loss: how many. */
  readonly packets?: number;
}

type Told = Exclude<JournalEntry, { event: 'opened' }>;

const isTold = (entry: KeptJournalEntry): entry is Told => entry.event !== 'opened';

/** The marks of a recording, in order, by its journal and by how its sound came. */
export const marksOf = (journal: readonly KeptJournalEntry[], sound: SoundReport | undefined): readonly Mark[] => {
  const entries = journal.filter(isTold);
  const startMs = entries.find(({ event }) => event === 'started')?.t ?? 0;
  const stopMs = entries.find(({ event }) => event === 'stopped')?.t ?? entries.at(-1)?.t ?? startMs;
  const pauses = pausesIn(entries, stopMs);

  /** Where a moment of the recording's clock is in the file. */
  const inFile = (ms: number): number => {
    const t = Math.max(startMs, Math.min(ms, stopMs));
    const skipped = pauses
      .filter(({ behavior }) => behavior === 'skip')
      .reduce((sum, { from, to }) => sum + Math.max(0, Math.min(to, t) - from), 0);
    return Math.round(t - startMs - skipped) / 1000;
  };
  const span = (from: number, to: number) => {
    const at = inFile(from);
    return { at, length: Math.round((inFile(to) - at) * 1000) / 1000 };
  };

  const marks: Mark[] = pauses.map(({ from, to }) => ({
    kind: 'pause',
    ...span(from, to),
    paused: Math.round(to - from) / 1000,
  }));
  const told = entries.flatMap((entry) => (entry.event === 'key' && entry.t >= startMs ? [entry.t] : []));
  for (const at of [...(sound?.keys ?? []), ...told]) marks.push({ kind: 'key', ...span(at, at), track: 'speak' });
  const holds = new Map<TrackName, number>();
  for (const entry of entries) {
    if (entry.event !== 'hold') continue;
    const { track, t, held } = entry;
    const since = holds.get(track);
    if (held) holds.set(track, t);
    else if (since !== undefined) {
      marks.push({ kind: 'hold', ...span(since, t), track });
      holds.delete(track);
    }
  }
  for (const [track, since] of holds) marks.push({ kind: 'hold', ...span(since, stopMs), track });
  for (const { track, at, packets } of sound?.losses ?? []) {
    marks.push({ kind: 'loss', ...span(at, at), track, packets });
  }
  return marks.sort((a, b) => a.at - b.at);
};
