import { expect, test } from 'vitest';
import type { JournalEntry } from '../../../src/recorder/spool/journal.ts';
import { marksOf } from '../../../src/recorder/spool/marks.ts';

type Entry = Exclude<JournalEntry, { event: 'opened' }>;

const journal = (...entries: readonly Entry[]): readonly Entry[] => [
  { event: 'started', t: 1_000 },
  ...entries,
  { event: 'stopped', t: 21_000, reason: 'stop' },
];

test('marks stand where one hears them: what a pause leaves out of the file moves all that comes after it', () => {
  const marks = marksOf(
    journal(
      { event: 'key', t: 3_000 },
      { event: 'paused', t: 5_000, behavior: 'skip' },
      { event: 'resumed', t: 9_000 },
      { event: 'hold', t: 11_000, track: 'speak', held: true },
      { event: 'hold', t: 13_000, track: 'speak', held: false },
      { event: 'paused', t: 14_000, behavior: 'silence' },
      { event: 'resumed', t: 15_000 },
    ),
    { tracks: {}, losses: [{ track: 'listen', at: 16_000, packets: 7 }], keys: [4_000] },
  );
  expect(marks).toEqual([
    { kind: 'key', at: 2, length: 0, track: 'speak' },
    { kind: 'key', at: 3, length: 0, track: 'speak' },
    { kind: 'pause', at: 4, length: 0, paused: 4 },
    { kind: 'hold', at: 6, length: 2, track: 'speak' },
    { kind: 'pause', at: 9, length: 1, paused: 1 },
    { kind: 'loss', at: 11, length: 0, track: 'listen', packets: 7 },
  ]);
});

test('a hold and a pause that last end with the recording; what was before its start is at its begin', () => {
  const marks = marksOf(
    journal(
      { event: 'hold', t: 500, track: 'listen', held: true },
      { event: 'paused', t: 20_000, behavior: 'silence' },
    ),
    undefined,
  );
  expect(marks).toEqual([
    { kind: 'hold', at: 0, length: 20, track: 'listen' },
    { kind: 'pause', at: 19, length: 1, paused: 1 },
  ]);
});
