import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ApiError } from '../../../src/dashboard/api/client.ts';
import type { Call, Recording, Statistics } from '../../../src/dashboard/api/types.ts';
import { byCall } from '../../../src/dashboard/now/by-call.ts';
import { keyAct } from '../../../src/dashboard/player/keys.ts';
import { listPath, noFilter } from '../../../src/dashboard/recordings/filter.ts';
import { nothing, withFirst, withNext } from '../../../src/dashboard/recordings/found.ts';
import { visibleRows } from '../../../src/dashboard/recordings/visible-rows.ts';
import { keptOverTime } from '../../../src/dashboard/trends/kept-over-time.ts';

test('of a list of any length the rows that can be seen are made, and few others', () => {
  fc.assert(
    fc.property(fc.nat(20_000), fc.nat(1_300_000), fc.integer({ min: 1, max: 2_000 }), (count, scrolled, height) => {
      const { first, end } = visibleRows(count, 64, scrolled, height);
      expect(end - first).toBeLessThanOrEqual(Math.ceil(height / 64) + 17);
      for (let row = 0; row < count; row = row * 2 + 1) {
        const seen = (row + 1) * 64 > scrolled && row * 64 < scrolled + height;
        if (seen) expect(row >= first && row < end, `row ${row} of ${first} to ${end}`).toBe(true);
      }
    }),
  );
});

test('what is new comes before the pages that were found, and the rest is fetched on after an error', () => {
  const page = (ids: string, next?: string) => ({
    recordings: [...ids].map((recording_id) => ({ recording_id }) as Recording),
    ...(next === undefined ? {} : { next }),
  });
  const idsOf = ({ recordings }: { readonly recordings: readonly Recording[] }): string =>
    recordings.map(({ recording_id }) => recording_id).join('');
  const two = withNext(withFirst(nothing, page('dc', '1')), page('ba', '2'));
  expect(two).toMatchObject({ next: '2', whole: false });
  const error = new ApiError({ status: 0, code: 'server_away', detail: '', remedy: '' });
  const later = withFirst({ ...two, whole: true, error }, page('ed', '1'));
  expect(idsOf(later)).toBe('edcba');
  expect(later).toMatchObject({ next: '2', whole: false });
  expect(later.error).toBeUndefined();
  expect(idsOf(withFirst(two, page('zy', '1')))).toBe('zy');
  expect(withNext(later, page('0'))).toMatchObject({ whole: true });
});

test('a filter asks for whole days of the one who looks', () => {
  expect(listPath(noFilter, 200)).toBe('/api/recordings?limit=200');
  const path = listPath(
    { ...noFilter, by: 'to', text: ' +49 ', state: 'error', since: '2026-03-01', until: '2026-03-01' },
    5,
    'c',
  );
  const query = new URLSearchParams(path.split('?')[1]);
  expect(Object.fromEntries(query)).toMatchObject({ limit: '5', to: '+49', state: 'error', cursor: 'c' });
  expect(Number(query.get('until')) - Number(query.get('since'))).toBe(86_400);
});

test('recordings stand with their calls, the first first; those of calls that are over stand apart', () => {
  const call = { call_id: 'a' } as Call;
  const [late, early, left] = [
    { call_id: 'a', recording_id: '2', start_time: 2 },
    { call_id: 'a', recording_id: '1', start_time: 1 },
    { call_id: 'gone', recording_id: '3', start_time: 0 },
  ] as Recording[];
  expect(
    byCall(
      [call],
      [late, early, left].filter((each) => each !== undefined),
    ),
  ).toEqual({
    cards: [{ call, recordings: [early, late] }],
    left: [left],
  });
});

test('what was in storage is told by what is there now, what came and what went', () => {
  const none = { time: 0, recordings: 0, seconds: 0, packets: 0, lost: 0 };
  const statistics: Statistics = {
    kept: { recordings: 1, bytes: 100 },
    periods: [
      { ...none, bytes: 60, freed_bytes: 0 },
      { ...none, bytes: 50, freed_bytes: 20 },
      { ...none, bytes: 0, freed_bytes: 10 },
    ],
  };
  expect(keptOverTime(statistics)).toEqual([80, 110, 100]);
});

test('keys of the player mean nothing on a list of speeds, on a button or with Ctrl', () => {
  const key = { key: ' ', ctrlKey: false, altKey: false, metaKey: false, target: null };
  expect(keyAct(key)).toEqual({ do: 'toggle' });
  expect(keyAct({ ...key, key: 'j' })).toEqual({ do: 'move', seconds: -15 });
  expect(keyAct({ ...key, ctrlKey: true })).toBeUndefined();
  const on = (tagName: string) => ({ ...key, target: { tagName } as unknown as EventTarget });
  expect(keyAct(on('BUTTON'))).toBeUndefined();
  expect(keyAct(on('SELECT'))).toBeUndefined();
});
