import { expect, test } from 'vitest';
import { isTooOld, rulesOf } from '../../../src/recorder/retention/policy.ts';

test.each([
  ['nothing is deleted where nothing is said', { ageMs: 0, trunks: {} }, []],
  ['one age is for all', { ageMs: 5, trunks: {} }, [{ except: [], ageMs: 5 }]],
  [
    'a trunk with an age of its own is in no other rule, and one that is kept for ever in none',
    { ageMs: 5, trunks: { short: 1, 'for-ever': 0 } },
    [
      { trunk: 'short', ageMs: 1 },
      { except: ['short', 'for-ever'], ageMs: 5 },
    ],
  ],
  ['a trunk may be the only one', { ageMs: 0, trunks: { short: 1 } }, [{ trunk: 'short', ageMs: 1 }]],
])('%s', (_what, policy, rules) => {
  expect(rulesOf(policy)).toEqual(rules);
});

test.each([
  [{ start_time: 10, end_time: 20 }, 20, true],
  [{ start_time: 10, end_time: 20 }, 19.9, false],
  [{ start_time: 10 }, 10, true],
  // A clock that was set back while it went on.
  [{ start_time: 30, end_time: 20 }, 25, false],
])('the age of %j counts from its end: too old at %d is %s', (record, until, tooOld) => {
  expect(isTooOld(record, until)).toBe(tooOld);
});
