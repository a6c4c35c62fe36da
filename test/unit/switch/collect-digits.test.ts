import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CollectionEvent, nextCollection, startCollection } from '../../../src/switch/call/collect-digits.ts';

const limits = { maxDigits: 3, terminators: '#*', digitTimeoutS: 2, initialTimeoutS: 5 };
const digit = (pressed: string, at = 0): CollectionEvent => ({ event: 'digit', digit: pressed, at });
const played = (at: number): CollectionEvent => ({ event: 'played', at });
const due: CollectionEvent = { event: 'due' };

const collected = (events: readonly CollectionEvent[]) =>
  events.reduce((state, event) => nextCollection(state, event, limits), startCollection());

describe('digits are collected', () => {
  test.each<[string, readonly CollectionEvent[], object]>([
    ['nothing is due while the prompt plays', [], { done: false, dueAt: undefined }],
    ['the first is waited for once all was played', [played(1_000)], { done: false, dueAt: 6_000 }],
    [
      'the next is waited for from each on',
      [played(1_000), digit('1', 2_000)],
      { done: false, digits: '1', dueAt: 4_000 },
    ],
    ['one that stops the prompt begins the wait too', [digit('1', 500), played(600)], { digits: '1', dueAt: 2_500 }],
    ['so many are enough', [digit('1'), digit('2'), digit('3')], { done: true, digits: '123', endedBy: 'max_digits' }],
    [
      'a terminator ends it and is none of them',
      [digit('1'), digit('#')],
      { digits: '1', terminator: '#', endedBy: 'terminator' },
    ],
    ['a terminator may come alone', [digit('*')], { done: true, digits: '', terminator: '*', endedBy: 'terminator' }],
    ['the time between two is over', [digit('1'), due], { done: true, digits: '1', endedBy: 'digit_timeout' }],
    ['nobody presses anything', [played(0), due], { done: true, digits: '', endedBy: 'initial_timeout' }],
    ['what comes later changes nothing', [digit('#'), digit('1'), due], { digits: '', terminator: '#' }],
  ])('%s', (_name, events, expected) => {
    expect(collected(events)).toMatchObject(expected);
  });

  test('never more than asked for, never a terminator among them', () => {
    const event = fc.oneof(
      fc.constantFrom(...'0123456789ABCD*#').map((pressed) => digit(pressed)),
      fc.constant(due),
      fc.constant(played(7)),
    );
    fc.assert(
      fc.property(fc.array(event), (events) => {
        const { digits } = collected(events);
        expect(digits.length).toBeLessThanOrEqual(3);
        expect(digits).not.toMatch(/[#*]/);
      }),
    );
  });
});
