import { describe, expect, test } from 'vitest';
import { decisiveFailure, failureOf, type RingRequest, ringPlan } from '../../../src/switch/call/ring-plan.ts';

describe('a plan is groups that ring one after the other', () => {
  test.each<[string, RingRequest<string>, readonly (readonly string[])[]]>([
    ['to: one group of one', { to: 'a' }, [['a']]],
    ['serial: each a group of its own', { serial: ['a', 'b', 'c'] }, [['a'], ['b'], ['c']]],
    ['parallel: all in one group', { parallel: ['a', 'b', 'c'] }, [['a', 'b', 'c']]],
    ['serial_parallel: as it is written', { serial_parallel: [['a', 'b'], ['c']] }, [['a', 'b'], ['c']]],
    ['empty groups ring nobody', { serial_parallel: [[], ['c']] }, [['c']]],
    ['nobody', {}, []],
  ])('%s', (_name, request, plan) => {
    expect(ringPlan(request)).toEqual(plan);
  });
});

test.each([
  [486, 'busy'],
  [600, 'busy'],
  [603, 'declined'],
  [403, 'declined'],
  [408, 'no_answer'],
  [480, 'no_answer'],
  [487, 'no_answer'],
  [404, 'not_found'],
  [484, 'not_found'],
  [604, 'not_found'],
  [500, 'unavailable'],
  [503, 'unavailable'],
  [488, 'error'],
  [401, 'error'],
  [302, 'error'],
  [0, 'error'],
] as const)('%i is %s', (status, reason) => {
  expect(failureOf(status)).toBe(reason);
});

test('of several failures the one that says most of those who were called stands for all', () => {
  const of = (...reasons: ReturnType<typeof failureOf>[]) => decisiveFailure(reasons.map((reason) => ({ reason })));
  expect(of('no_answer', 'busy', 'error')).toEqual({ reason: 'busy' });
  expect(of('error', 'not_found', 'no_answer')).toEqual({ reason: 'no_answer' });
  expect(of('error')).toEqual({ reason: 'error' });
  expect(of()).toBeUndefined();
});
