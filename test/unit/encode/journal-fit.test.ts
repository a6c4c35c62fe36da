import { expect, test } from 'vitest';
import { journalFits } from '../../../src/recorder/encode/journal-fit.ts';
import type { JournalEntry } from '../../../src/recorder/spool/journal.ts';

const rendered = { packetsMs: 60_000, startMs: 1000, soundMs: 53_000 };
const begin: readonly JournalEntry[] = [{ event: 'started', t: 1000 }];
const masked = (from: number, to: number): JournalEntry => ({ event: 'masked', t: to, track: 'speak', from, to });
const sdp = (t: number): JournalEntry => ({ event: 'sdp', t, track: 'speak', payloads: {} });
const stopped = (t: number): JournalEntry => ({ event: 'stopped', t, reason: 'stop' });

test.each<[string, JournalEntry, boolean]>([
  ['an SDP of what is still to come', sdp(60_001), true],
  ['an SDP of packets that were taken', sdp(59_999), false],
  ['a key that was pressed after the sound that is out', masked(53_000, 54_000), true],
  ['a key whose begin is out', masked(52_999, 54_000), false],
  ['a key from before the start', masked(200, 900), true],
  ['a pause of what is still to come', { event: 'paused', t: 53_500, behavior: 'skip' }, true],
  ['a pause whose begin is out', { event: 'paused', t: 52_000, behavior: 'skip' }, false],
  ['the end of a pause, before any packet after it', { event: 'resumed', t: 60_001 }, true],
  ['the end of a pause, with packets taken as if it lasted', { event: 'resumed', t: 59_000 }, false],
  ['a stop now', stopped(62_000), true],
  ['a stop a moment ago', stopped(57_000), true],
  ['a stop before what is out', stopped(52_000), false],
  ['a stop so long ago that packets were taken that do not count', stopped(55_000), false],
  ['what capture has counted', { event: 'captured', t: 1, tracks: {} }, true],
])('%s fits: %o', (_what, entry, fits) => {
  expect(journalFits(begin, [...begin, entry], rendered)).toBe(fits);
});

test('a journal that has lost a line does not fit', () => {
  expect(journalFits(begin, [], rendered)).toBe(false);
  expect(journalFits(begin, begin, rendered)).toBe(true);
});
