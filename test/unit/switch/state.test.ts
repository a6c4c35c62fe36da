import { expect, test } from 'vitest';
import { type CallEvent, type CallState, nextCallState } from '../../../src/switch/call/state.ts';

const end = { event: 'end', result: 'caller_hung_up', reason: 'the caller hung up' } as const;
const ended = (answered: boolean) => ({ name: 'ended', answered, result: end.result, reason: end.reason }) as const;

test.each<[CallState, CallEvent, CallState]>([
  [{ name: 'created' }, { event: 'answering' }, { name: 'answering' }],
  [{ name: 'created' }, { event: 'answered' }, { name: 'created' }],
  [{ name: 'created' }, end, ended(false)],
  [{ name: 'answering' }, { event: 'answering' }, { name: 'answering' }],
  [{ name: 'answering' }, { event: 'answered' }, { name: 'answered' }],
  [{ name: 'answering' }, end, ended(false)],
  [{ name: 'answered' }, { event: 'answering' }, { name: 'answered' }],
  [{ name: 'answered' }, end, ended(true)],
  [ended(true), { event: 'answered' }, ended(true)],
  [ended(true), { event: 'end', result: 'failed', reason: 'later' }, ended(true)],
])('%j on %j becomes %j', (state, event, next) => {
  expect(nextCallState(state, event)).toEqual(next);
});
