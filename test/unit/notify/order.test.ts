import { describe, expect, test } from 'vitest';
import {
  type Asked,
  type EarlierEvent,
  eventsAfter,
  eventsBefore,
  type Turn,
  turnOf,
} from '../../../src/recorder/notify/order.ts';

const patienceMs = 60_000;
const settled: EarlierEvent = { event_id: 'r.recording', state: 'settled', attempts: 1 };
const trying: EarlierEvent = { event_id: 'r.recording', state: 'trying', attempts: 3 };
const waiting: EarlierEvent = { event_id: 'r.recording', state: 'waiting', attempts: 4 };
const paused: EarlierEvent = { event_id: 'r.paused', state: 'waiting', attempts: 0 };

const none: Asked = {};
const send: Turn = { do: 'send' };
const wait = (ms: number, advance: string[] = [], asked: Asked = none): Turn => ({ do: 'wait', ms, advance, asked });

describe('the turn of an event', () => {
  test.each<[string, EarlierEvent[], number, Asked, Turn]>([
    ['comes at once if there was none before it', [], 0, none, send],
    ['comes when the earlier ones are settled', [settled, { ...paused, state: 'settled' }], 0, none, send],
    ['comes soon after an earlier one under way', [trying], 0, none, wait(200)],
    ['is looked for less and less often', [trying], 8_000, none, wait(2_000)],
    ['is looked for when the patience ends', [waiting], 58_000, none, wait(2_000)],
    ['advances nothing before the patience ends', [waiting], 59_999, none, wait(1)],
    [
      'is waited for half a minute at most',
      [trying],
      9e9,
      { 'r.recording': 3 },
      wait(30_000, [], { 'r.recording': 3 }),
    ],
    ['asks for one more attempt', [waiting], 60_000, none, wait(15_000, ['r.recording'], { 'r.recording': 4 })],
    ['asks for the one under way', [trying], 60_000, none, wait(15_000, [], { 'r.recording': 3 })],
    [
      'asks again if it was not made',
      [waiting],
      60_000,
      { 'r.recording': 4 },
      wait(15_000, ['r.recording'], { 'r.recording': 4 }),
    ],
    ['comes right after it failed', [waiting], 60_000, { 'r.recording': 3 }, send],
    ['comes right after it was delivered', [settled], 60_000, { 'r.recording': 0 }, send],
    [
      'waits for one that is tried again',
      [trying],
      60_000,
      { 'r.recording': 2 },
      wait(15_000, [], { 'r.recording': 2 }),
    ],
    [
      'waits for all of them',
      [waiting, paused],
      60_000,
      { 'r.recording': 3 },
      wait(15_000, ['r.paused'], { 'r.recording': 3, 'r.paused': 0 }),
    ],
  ])('%s', (_name, earlier, waitedMs, asked, turn) => {
    expect(turnOf(earlier, asked, { waitedMs, patienceMs })).toEqual(turn);
  });

  test('recording comes first, pauses and resumes take turns, terminal states come last', () => {
    const event = (state: 'recording' | 'paused' | 'finished', number: number) => ({
      recording_id: 'r',
      state,
      number,
    });
    const ends = ['r.finished', 'r.no_input', 'r.error'];
    expect(eventsBefore(event('recording', 1))).toEqual([]);
    expect(eventsBefore(event('paused', 2))).toEqual(['r.recording']);
    expect(eventsBefore(event('recording', 3))).toEqual(['r.paused', 'r.recording']);
    expect(eventsBefore(event('paused', 4))).toEqual(['r.recording.2', 'r.paused', 'r.recording']);
    expect(eventsBefore(event('finished', 2))).toEqual(['r.recording']);
    expect(eventsBefore(event('finished', 6))).toEqual(['r.recording.3', 'r.paused.2', 'r.recording.2', 'r.paused']);
    expect(eventsAfter(event('recording', 1))).toEqual(['r.paused', ...ends]);
    expect(eventsAfter(event('paused', 2))).toEqual(['r.recording.2', ...ends]);
    expect(eventsAfter(event('recording', 3))).toEqual(['r.paused.2', ...ends]);
    expect(eventsAfter(event('finished', 4))).toEqual([]);
  });
});
