import { expect, test } from 'vitest';
import { ringGroup } from '../../../src/switch/call/ring.ts';
import type { DialOutcome, OutboundLeg } from '../../../src/switch/sip/outbound-leg.ts';

/** Legs that do what the test says, by name. */
const createLegs = () => {
  const settle = new Map<string, (outcome: DialOutcome) => void>();
  const ended: string[] = [];
  return {
    settle,
    ended,
    dial: (name: string): OutboundLeg => {
      if (name === 'impossible') throw new Error('this can not be dialled');
      const outcome = new Promise<DialOutcome>((resolve) => settle.set(name, resolve));
      return {
        outcome,
        end: async () => {
          ended.push(name);
          settle.get(name)?.({ answered: false, status: 487, reason: 'cancelled' });
        },
        info: async () => 200,
        reinvite: async () => ({ status: 200, headers: {}, body: '' }),
      };
    },
  };
};

test('the first to answer wins, and the others are ended', async () => {
  const legs = createLegs();
  const rung = ringGroup(['a', 'b', 'c'], legs.dial);
  legs.settle.get('a')?.({ answered: false, status: 486, reason: 'Busy Here' });
  legs.settle.get('b')?.({ answered: true, sdp: 'of b' });
  expect(await rung).toMatchObject({ sdp: 'of b' });
  expect(legs.ended).toEqual(['a', 'c']);
});

test('two who answer at once: one wins, the other is ended', async () => {
  const legs = createLegs();
  const rung = ringGroup(['a', 'b'], legs.dial);
  legs.settle.get('b')?.({ answered: true, sdp: 'of b' });
  legs.settle.get('a')?.({ answered: true, sdp: 'of a' });
  expect(await rung).toMatchObject({ sdp: 'of b' });
  expect(legs.ended).toEqual(['a']);
});

test('without an answer all failures are told, what could not be dialled among them', async () => {
  const legs = createLegs();
  const rung = ringGroup(['a', 'impossible', 'b'], legs.dial);
  legs.settle.get('b')?.({ answered: false, status: 404, reason: 'Not Found' });
  legs.settle.get('a')?.({ answered: false, status: 0, reason: 'the server has gone' });
  expect(await rung).toEqual({
    answered: undefined,
    failures: [
      { reason: 'error', text: 'this can not be dialled' },
      { reason: 'not_found', text: '404 Not Found' },
      { reason: 'error', text: 'the server has gone' },
    ],
  });
});

test('a group of none that could be dialled is over at once', async () => {
  expect(await ringGroup(['impossible'], createLegs().dial)).toMatchObject({ answered: undefined });
});
