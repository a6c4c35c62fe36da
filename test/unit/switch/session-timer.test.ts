import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  afterTooSmall,
  answerTimer,
  refreshMethod,
  requestTimer,
  timerOfAnswer,
  timesOf,
  verdictOf,
} from '../../../src/switch/sip/session-timer.ts';

const wishes = { expiresS: 1800, minS: 90 };
const timer = (expires: string, more: object = {}) => ({
  supported: 'replaces, timer',
  'session-expires': expires,
  ...more,
});

describe('a request of the far end', () => {
  test.each([
    ['asks for a timer: who asks refreshes', timer('1800'), 'them', '1800;refresher=uac'],
    ['asks to refresh', timer('1800;refresher=uac'), 'them', '1800;refresher=uac'],
    ['asks us to refresh', timer('600; Refresher = UAS'), 'us', '600;refresher=uas'],
    ['asks for a longer one than ours', timer('7200'), 'them', '1800;refresher=uac'],
    ['asks for a shorter one', timer('90'), 'them', '90;refresher=uac'],
    [
      'has a server on its way that wants a longer one',
      timer('7200', { 'min-se': '3600' }),
      'them',
      '3600;refresher=uac',
    ],
    ['knows timers and asks for none', { supported: 'timer' }, 'them', '1800;refresher=uac'],
    ['requires timers', { require: 'timer' }, 'them', '1800;refresher=uac'],
    ['is written in the short form', { supported: 'timer', x: '300' }, 'them', '300;refresher=uac'],
    ['has a server on its way that wants one for it', { 'session-expires': '60' }, 'us', '60;refresher=uas'],
  ])('%s', (_name, headers, refresher, value) => {
    const answer = answerTimer(headers, wishes);
    expect(answer).toMatchObject({ refused: false, timer: { refresher, agreed: true } });
    expect(answer.headers['Session-Expires']).toBe(value);
    const supported = 'supported' in headers || 'require' in headers;
    expect(answer.headers.Require).toBe(supported ? 'timer' : undefined);
  });

  test('knows nothing of timers: we look for ourselves', () => {
    const us = { expiresS: 1800, refresher: 'us', agreed: false };
    expect(answerTimer({}, wishes)).toEqual({ refused: false, timer: us, headers: {} });
  });

  test('is refused where it asks for less than we take, if it knows timers', () => {
    expect(answerTimer(timer('89'), wishes)).toEqual({ refused: true, headers: { 'Min-SE': '90' } });
  });

  test('gets none where we want none and it asks for none, and its own where it asks', () => {
    const none = { expiresS: 0, minS: 90 };
    expect(answerTimer({ supported: 'timer' }, none)).toEqual({ refused: false, timer: undefined, headers: {} });
    expect(answerTimer(timer('7200'), none)).toMatchObject({ timer: { expiresS: 7200, refresher: 'them' } });
  });

  test('leaves the refreshing with whom it was', () => {
    const now = { expiresS: 1800, refresher: 'us', agreed: true } as const;
    expect(answerTimer(timer('1800'), wishes, now)).toMatchObject({ timer: { refresher: 'us' } });
    expect(answerTimer(timer('1800;refresher=uac'), wishes, now)).toMatchObject({ timer: { refresher: 'them' } });
  });

  test('never gets a longer interval than it asks for, nor one below the least of anybody', () => {
    const asked = fc.record({
      expires: fc.nat(100_000),
      min: fc.nat(10_000),
      ours: fc.nat(10_000),
      least: fc.integer({ min: 1, max: 1000 }),
    });
    fc.assert(
      fc.property(asked, ({ expires, min, ours, least }) => {
        const answer = answerTimer(timer(String(expires), { 'min-se': String(min) }), { expiresS: ours, minS: least });
        if (answer.refused) {
          expect(expires).toBeLessThan(least);
          return;
        }
        expect(answer.timer?.expiresS).toBeLessThanOrEqual(Math.max(1, expires));
        expect(answer.timer?.expiresS).toBeGreaterThanOrEqual(Math.min(expires, Math.max(min, least)));
      }),
    );
  });
});

describe('a request of ours', () => {
  test.each([
    ['begins', wishes, undefined, { 'Session-Expires': '1800' }],
    ['begins without a wish', { expiresS: 0, minS: 90 }, undefined, {}],
    [
      'goes on',
      wishes,
      { expiresS: 600, refresher: 'us', agreed: true } as const,
      { 'Session-Expires': '600;refresher=uac' },
    ],
    [
      'leaves it to them',
      wishes,
      { expiresS: 600, refresher: 'them', agreed: true } as const,
      { 'Session-Expires': '600;refresher=uas' },
    ],
    [
      'has learnt of a longer least',
      { expiresS: 1800, minS: 2000 },
      undefined,
      { 'Session-Expires': '2000', 'Min-SE': '2000' },
    ],
    ['is for one that knows no timers', wishes, { expiresS: 600, refresher: 'us', agreed: false } as const, {}],
  ])('that %s', (_name, wanted, now, headers) => {
    expect(requestTimer(wanted, now)).toEqual(headers);
  });

  test.each([
    ['agrees', { 'session-expires': '1200;refresher=uas' }, { expiresS: 1200, refresher: 'them', agreed: true }],
    ['has us refresh', { 'session-expires': '1200;refresher=uac' }, { expiresS: 1200, refresher: 'us', agreed: true }],
    ['does not say who', { 'session-expires': '1200' }, { expiresS: 1200, refresher: 'us', agreed: true }],
    ['wants none', {}, undefined],
    ['is no number', { 'session-expires': 'soon' }, undefined],
  ])('whose answer %s', (_name, headers, expected) => {
    expect(timerOfAnswer(headers)).toEqual(expected);
  });

  test('goes on for one that knows no timers', () => {
    const now = { expiresS: 600, refresher: 'us', agreed: false } as const;
    expect(timerOfAnswer({}, now)).toBe(now);
  });

  test('is raised by a 422 that says how far, and by no other', () => {
    expect(afterTooSmall({ 'min-se': '3600;x=1' }, wishes)).toEqual({ expiresS: 3600, minS: 3600 });
    expect(afterTooSmall({ 'min-se': '120' }, wishes)).toEqual({ expiresS: 1800, minS: 120 });
    expect(afterTooSmall({ 'min-se': '90' }, wishes)).toBeUndefined();
    expect(afterTooSmall({}, wishes)).toBeUndefined();
  });
});

test.each([
  [{ expiresS: 1800, refresher: 'us', agreed: true } as const, { refreshMs: 720_000, endMs: 1_768_000 }],
  [{ expiresS: 90, refresher: 'us', agreed: true } as const, { refreshMs: 36_000, endMs: 60_000 }],
  [{ expiresS: 90, refresher: 'them', agreed: true } as const, { endMs: 60_000 }],
])('%o is refreshed and ended at %o', (given, times) => {
  expect(timesOf(given)).toEqual(times);
});

test('UPDATE is for those who allow it and know no timers: a clock of the server is set back by re-INVITE alone', () => {
  expect([true, false].map((agreed) => refreshMethod({ expiresS: 1, refresher: 'us', agreed }, true))).toEqual([
    'INVITE',
    'UPDATE',
  ]);
  expect(refreshMethod({ expiresS: 1, refresher: 'us', agreed: false }, false)).toBe('INVITE');
});

test.each([
  [200, 'INVITE', true, 'refreshed'],
  [408, 'UPDATE', true, 'gone'],
  [481, 'INVITE', false, 'gone'],
  [422, 'INVITE', true, 'raise'],
  [491, 'INVITE', true, 'later'],
  [500, 'UPDATE', true, 'later'],
  [501, 'UPDATE', false, 'reinvite'],
  [405, 'UPDATE', true, 'reinvite'],
  [488, 'INVITE', false, 'refreshed'],
  [0, 'INVITE', false, 'later'],
] as const)('%i to a refresh by %s (agreed: %s) means %s', (status, method, agreed, verdict) => {
  expect(verdictOf(status, method, { agreed })).toBe(verdict);
});
