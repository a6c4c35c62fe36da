import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EndReason } from '../../../src/recorder/recording/record.ts';
import { type Life, type LifeEvent, newborn, step, terminalStateOf } from '../../../src/recorder/recording/state.ts';

const reasons: readonly EndReason[] = [
  'stop',
  'terminator',
  'max_length',
  'end_silence',
  'initial_timeout',
  'hangup',
  'error',
];

describe('the state of a recording', () => {
  const starting = newborn;
  const recording: Life = { state: 'recording' };
  const paused: Life = { state: 'paused' };
  const finishing: Life = { state: 'finishing', reason: 'stop' };

  test.each<[Life, LifeEvent, Life]>([
    [starting, { event: 'started' }, recording],
    [starting, { event: 'end', reason: 'hangup' }, { state: 'finishing', reason: 'hangup' }],
    [starting, { event: 'failed' }, { state: 'error', reason: 'error' }],
    [recording, { event: 'pause' }, paused],
    [recording, { event: 'end', reason: 'terminator' }, { state: 'finishing', reason: 'terminator' }],
    [recording, { event: 'failed' }, { state: 'error', reason: 'error' }],
    [paused, { event: 'resume' }, recording],
    [paused, { event: 'end', reason: 'max_length' }, { state: 'finishing', reason: 'max_length' }],
    [paused, { event: 'failed' }, { state: 'error', reason: 'error' }],
    [finishing, { event: 'stored' }, { state: 'finished', reason: 'stop' }],
    [finishing, { event: 'failed' }, { state: 'error', reason: 'error' }],
    [
      { state: 'finishing', reason: 'initial_timeout' },
      { event: 'stored' },
      { state: 'no_input', reason: 'initial_timeout' },
    ],
    [{ state: 'finishing', reason: 'error' }, { event: 'stored' }, { state: 'error', reason: 'error' }],
  ])('%j on %j becomes %j', (from, event, to) => {
    expect(step(from, event)).toEqual({ life: to });
  });

  test.each<[Life, LifeEvent, RegExp]>([
    [starting, { event: 'stored' }, /has not started/],
    [starting, { event: 'pause' }, /has not started/],
    [starting, { event: 'resume' }, /has not started/],
    [recording, { event: 'started' }, /already/],
    [recording, { event: 'resume' }, /already/],
    [recording, { event: 'stored' }, /has not ended/],
    [paused, { event: 'pause' }, /already/],
    [paused, { event: 'started' }, /already/],
    [paused, { event: 'stored' }, /has not ended/],
    [finishing, { event: 'end', reason: 'hangup' }, /ending because of stop/],
    [finishing, { event: 'pause' }, /ending/],
    [{ state: 'finished', reason: 'stop' }, { event: 'failed' }, /ended because of stop/],
    [{ state: 'no_input', reason: 'initial_timeout' }, { event: 'stored' }, /ended because of initial_timeout/],
    [{ state: 'error', reason: 'error' }, { event: 'end', reason: 'stop' }, /ended because of error/],
  ])('%j stays as it is on %j, and says why', (life, event, why) => {
    const next = step(life, event);
    expect(next.life).toBe(life);
    expect(next.refused).toMatch(why);
  });

  test.each<[EndReason, string]>([
    ['stop', 'finished'],
    ['terminator', 'finished'],
    ['max_length', 'finished'],
    ['end_silence', 'finished'],
    ['hangup', 'finished'],
    ['initial_timeout', 'no_input'],
    ['error', 'error'],
  ])('after %s it is %s', (reason, state) => {
    expect(terminalStateOf(reason)).toBe(state);
  });

  test('whatever happens, a terminal state is reached once at most and the first reason to end stands', () => {
    const event = fc.oneof(
      ...(['started', 'pause', 'resume', 'stored', 'failed'] as const).map((name) =>
        fc.constant<LifeEvent>({ event: name }),
      ),
      fc.constantFrom(...reasons).map((reason): LifeEvent => ({ event: 'end', reason })),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        let life = newborn;
        let first: EndReason | undefined;
        let terminal = 0;
        for (const each of events) {
          const before = life;
          life = step(life, each).life;
          if (life === before) continue;
          if (life.state === 'finishing') first = life.reason;
          if ('reason' in life && life.state !== 'finishing') {
            terminal += 1;
            expect(life.state === 'error' || life.reason === first).toBe(true);
          }
        }
        expect(terminal).toBeLessThanOrEqual(1);
      }),
    );
  });
});
