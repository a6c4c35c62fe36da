import { expect, test } from 'vitest';
import { createLegStates, endReasonOf } from '../../../src/switch/call/leg-states.ts';
import { type CallFacts, type LegState, legStates, type MethodEvent } from '../../../src/switch/swml/call-port.ts';

const facts: CallFacts = {
  ...{ call_id: 'call', node_id: 'node', segment_id: 's', direction: 'inbound', type: 'sip' },
  ...{ from: 'sip:a@b', to: 'sip:c@d', headers: {} },
};

const tellOf = (states?: readonly LegState[]) => {
  const told: (MethodEvent & { readonly url: string })[] = [];
  const leg = createLegStates(
    { facts, tell: (url, event) => void told.push({ url, ...event }) },
    { to: '+1', headers: {}, timeoutS: 60, ...(states ? { states: { url: 'https://a.example', states } } : {}) },
    'leg',
  );
  return { leg, told };
};

test('each state is told once, after the one before it, and nothing after the end', () => {
  const { leg, told } = tellOf(legStates);
  leg.created();
  leg.ringing();
  leg.ringing();
  leg.answered();
  leg.ended('hangup');
  leg.ended('cancel');
  leg.ringing();
  expect(told.map(({ url, state, after }) => [url, state, after])).toEqual([
    ['https://a.example', 'created', undefined],
    ['https://a.example', 'ringing', 'created'],
    ['https://a.example', 'answered', 'ringing'],
    ['https://a.example', 'ended', 'answered'],
  ]);
  expect(told.at(-1)?.details).toEqual({
    ...{ call_id: 'leg', call_state: 'ended', direction: 'outbound', from: 'sip:a@b', to: '+1', end_reason: 'hangup' },
    parent: { call_id: 'call', node_id: 'node' },
  });
});

test('only what is asked for is told', () => {
  const { leg, told } = tellOf(['ended', 'ringing']);
  leg.created();
  leg.ringing();
  leg.ended(endReasonOf(486));
  expect(told.map(({ state, after, details }) => [state, after, details?.end_reason])).toEqual([
    ['ringing', undefined, undefined],
    ['ended', 'ringing', 'busy'],
  ]);
  const nobody = tellOf();
  nobody.leg.ended('hangup');
  expect(nobody.told).toEqual([]);
});

test.each([
  [0, 'error'],
  [404, 'error'],
  [403, 'decline'],
  [603, 'decline'],
  [408, 'noAnswer'],
  [480, 'noAnswer'],
  [486, 'busy'],
  [600, 'busy'],
  [487, 'cancel'],
])('%i is %s', (status, reason) => {
  expect(endReasonOf(status)).toBe(reason);
});
