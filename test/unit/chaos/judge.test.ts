import { expect, test } from 'vitest';
import { type Fate, judge } from '../../chaos/judge.ts';
import { planRounds, type RoundPlan, victims } from '../../chaos/plan.ts';
import { reportRounds } from '../../chaos/report.ts';

const plan: RoundPlan = {
  seed: 7,
  victim: 'worker',
  place: 'disk',
  calls: 1,
  format: 'wav',
  callMs: 4000,
  killAfterMs: 2000,
  restartAfterMs: 500,
};
const told = [
  { id: 'r.recording', state: 'recording' },
  { id: 'r.finished', state: 'finished' },
];
const whole: Fate = { recordingId: 'r', startTime: 100, events: told, soundS: 3.9 };

test('a whole file with its two events keeps every promise', () => {
  expect(judge(plan, 102, [whole])).toMatchObject({ lostS: 0, missing: 0, twice: 0, untold: 0, broken: [] });
});

test.each<[string, Partial<RoundPlan>, Partial<Fate>, RegExp]>([
  ['a worker costs half a second', {}, { soundS: 3.3 }, /0\.55 s are lost/],
  ['a switch costs more than the last second before it was killed', { victim: 'switch' }, { soundS: 0.5 }, /1\.35 s/],
  ['there is no file', {}, { soundS: undefined, missing: 'HTTP 404' }, /no file \(HTTP 404\)/],
  ['the terminal event is missing', {}, { events: told.slice(0, 1) }, /r has no terminal event/],
  ['there are two ends', {}, { events: [...told, { id: 'r.error', state: 'error' }] }, /ended more than once/],
  [
    'an event comes twice although nothing that tells was killed',
    { victim: 'rtpengine' },
    { events: [...told, { id: 'r.finished', state: 'finished' }], soundS: 1.9 },
    /came 2 times/,
  ],
])('it is a broken promise if %s', (_what, planned, fate, why) => {
  const { broken } = judge({ ...plan, ...planned }, 102, [{ ...whole, ...fate }]);
  expect(broken).toEqual([expect.stringMatching(why)]);
});

test('a recording that ended with its thread, or with the disk, owes nothing that came later; others owe all of it', () => {
  const error = [...told.slice(0, 1), { id: 'r.error', state: 'error' }];
  for (const victim of ['capture', 'disk lost'] as const) {
    const ended = { ...whole, events: error, soundS: 1.6 };
    expect(judge({ ...plan, victim }, 102, [ended]).broken).toEqual([]);
    expect(judge({ ...plan, victim }, 102, [ended, { ...whole, soundS: 1.6 }]).broken).toEqual([
      expect.stringMatching(/2\.25 s are lost/),
    ]);
  }
  expect(judge({ ...plan, victim: 'disk lost' }, 102, [whole]).broken).toEqual([expect.stringMatching(/no recording/)]);
});

test('calls that were harmed, calls that rtpengine keeps and files that stay in the back-up are broken promises', () => {
  const broken = (after: object, victim: RoundPlan['victim'] = 'worker') =>
    judge({ ...plan, victim }, 105, [whole], after).broken;
  expect(broken({ failedCalls: '2 of 5' })).toEqual(['calls were harmed: 2 of 5']);
  expect(broken({ failedCalls: '2 of 5' }, 'switch')).toEqual([]);
  expect(broken({ leftCalls: 3 }, 'switch')).toEqual(['rtpengine still has 3 calls']);
  expect(broken({ awayFiles: ['a.wav'] })).toEqual(['1 files are still in the back-up: a.wav']);
});

test('what was said after the switch was killed is not to be had', () => {
  const verdict = judge({ ...plan, victim: 'switch' }, 102, [{ ...whole, soundS: 1.6 }]);
  expect(verdict.broken).toEqual([]);
  expect(verdict.worstLostS).toBeCloseTo(0.25, 5);
});

test('a seed is the same rounds again, each victim gets its turn, and the report tells what broke', () => {
  expect(planRounds(12, 5)).toEqual(planRounds(12, 5));
  expect(new Set(planRounds(victims.length, 3).map(({ victim }) => victim))).toEqual(new Set(victims));
  const report = reportRounds([judge(plan, 102, [{ ...whole, events: [] }])]);
  expect(report).toMatch(
    /1 recordings, 0\.00 s lost, 1 terminal events missing, 0 came twice\nbroken promises:\n {2}seed 7/,
  );
});
