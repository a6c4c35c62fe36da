import { expect, test } from 'vitest';
import type { JournalEntry } from '../../../src/recorder/spool/journal.ts';
import { eventsTold, openPauseMs, pausesIn } from '../../../src/recorder/spool/read-pauses.ts';

const paused = (t: number, behavior: 'skip' | 'silence' = 'skip'): JournalEntry => ({ event: 'paused', t, behavior });
const resumed = (t: number): JournalEntry => ({ event: 'resumed', t });
const skip = (from: number, to: number) => ({ from, to, behavior: 'skip' });

test.each<[string, JournalEntry[], number | undefined, unknown[]]>([
  ['no pause', [], undefined, []],
  [
    'two',
    [paused(10), resumed(20), paused(30, 'silence'), resumed(40)],
    undefined,
    [skip(10, 20), { from: 30, to: 40, behavior: 'silence' }],
  ],
  ['one that lasts to the end', [paused(10)], undefined, [skip(10, 100)]],
  ['one whose end is not in the journal', [paused(10)], 50, [skip(10, 50)]],
  ['one beyond the end', [paused(110), resumed(120)], undefined, []],
  ['one that the end cuts', [paused(90), resumed(120)], undefined, [skip(90, 100)]],
  ['one that is told twice', [paused(10), paused(12, 'silence'), resumed(20), resumed(25)], undefined, [skip(10, 20)]],
])('%s', (_name, entries, lostEndMs, pauses) => {
  expect(pausesIn(entries, 100, lostEndMs)).toEqual(pauses);
});

test('a journal tells whether the last pause was ended, and how many events there were', () => {
  expect(openPauseMs([])).toBeUndefined();
  expect(openPauseMs([paused(10)])).toBe(10);
  expect(openPauseMs([paused(10), resumed(20)])).toBeUndefined();
  expect(eventsTold([])).toBe(1);
  expect(eventsTold([paused(10), resumed(20), paused(30)])).toBe(4);
});
