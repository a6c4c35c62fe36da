import { expect, test } from 'vitest';
import { refusalOfInvite, requiresReliable } from '../../../src/switch/sip/extensions.ts';

const wishes = { expiresS: 1800, minS: 90 };

test.each([
  ['nothing', {}, undefined],
  ['what we know', { require: 'timer, 100rel' }, undefined],
  [
    'what we do not',
    { require: '100rel, precondition,Replaces' },
    { status: 420, headers: { Unsupported: 'precondition, replaces' } },
  ],
  ['too short a timer', { supported: 'timer', 'session-expires': '30' }, { status: 422, headers: { 'Min-SE': '90' } }],
])('an INVITE that asks for %s', (_name, headers: Record<string, string>, expected) => {
  const refusal = refusalOfInvite(headers, wishes);
  if (expected) expect(refusal).toMatchObject(expected);
  else expect(refusal).toBeUndefined();
});

test('responses are sent reliably to who requires it, not to who only could', () => {
  expect([requiresReliable({ require: '100rel' }), requiresReliable({ supported: '100rel' })]).toEqual([true, false]);
});
