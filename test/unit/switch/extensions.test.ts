import { expect, test } from 'vitest';
import { SipreelError } from '../../../src/errors/error.ts';
import { admitExtensions, requiresReliable } from '../../../src/switch/sip/extensions.ts';
import { refusalHeaders } from '../../../src/switch/sip/refuse.ts';

const wishes = { expiresS: 1800, minS: 90 };

const refusalOf = (headers: Record<string, string>) => {
  try {
    admitExtensions(headers, wishes);
  } catch (err) {
    if (err instanceof SipreelError) return { status: err.kind.sip, headers: refusalHeaders(err) };
    throw err;
  }
};

test.each([
  ['nothing', {}],
  ['what we know', { require: 'timer, 100rel' }],
  ['a session just long enough', { supported: 'timer', 'session-expires': '90' }],
  ['a short session, where a proxy asks for a caller without timers', { 'session-expires': '30' }],
])('an INVITE that asks for %s is taken', (_name, headers: Record<string, string>) => {
  expect(refusalOf(headers)).toBeUndefined();
});

test.each([
  [
    'what we do not know',
    { require: '100rel, precondition,Replaces' },
    {
      status: 420,
      headers: {
        Unsupported: 'precondition, replaces',
        Warning: '399 sipreel "the INVITE requires precondition, replaces"',
      },
    },
  ],
  ['what is no option tag', { require: 'a"b\\c' }, { status: 420, headers: { Unsupported: 'a-b-c' } }],
  [
    'too short a session',
    { supported: 'timer', 'session-expires': '30' },
    { status: 422, headers: { 'Min-SE': '90' } },
  ],
])('an INVITE that asks for %s is refused', (_name, headers: Record<string, string>, expected) => {
  expect(refusalOf(headers)).toMatchObject(expected);
});

test('responses are sent reliably to who requires it, not to who only could', () => {
  expect([requiresReliable({ require: '100rel' }), requiresReliable({ supported: '100rel' })]).toEqual([true, false]);
});
