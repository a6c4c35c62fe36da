import { describe, expect, test } from 'vitest';
import { createReferrer, readReferNotice } from '../../../src/switch/sip/refer.ts';

describe('a NOTIFY of a REFER', () => {
  test.each([
    ['refer', 'active;expires=60', 'SIP/2.0 100 Trying\r\n', { status: 100, last: false }],
    ['refer;id=93809824', 'terminated;reason=noresource', 'SIP/2.0 200 OK', { status: 200, last: true }],
    [' Refer ', 'Terminated', 'SIP/2.0  603 Declined\r\nX: y\r\n\r\n', { status: 603, last: true }],
    ['refer', '', '', { status: undefined, last: false }],
    ['refer', 'terminated', 'HTTP/1.1 200 OK', { status: undefined, last: true }],
    ['refer', 'active', 'SIP/2.0 2000 OK', { status: undefined, last: false }],
    ['message-summary', 'active', 'SIP/2.0 200 OK', undefined],
    ['referral', 'active', 'SIP/2.0 200 OK', undefined],
    ['', '', '', undefined],
  ])('with Event %j, Subscription-State %j and body %j is read', (event, state, body, expected) => {
    expect(readReferNotice(event, state, body)).toEqual(expected);
  });
});

describe('a REFER', () => {
  const never = new AbortController().signal;

  test('that is refused is over, with no wait for a NOTIFY', async () => {
    const { refer, notify } = createReferrer(async () => 603);
    expect(await refer({ to: 'sip:a@b' }, never)).toMatchObject({ responseCode: 603, notifyCode: 0 });
    expect(notify({ status: 200, last: true })).toBe(false);
  });

  test('ends with the first final status, also if that comes before the 202', async () => {
    const sent: unknown[] = [];
    let accepted = 0;
    const referrer = createReferrer(async (headers, auth) => {
      sent.push(headers, auth);
      referrer.notify({ status: 100, last: false });
      referrer.notify({ status: 486, last: true });
      return 202;
    });
    const auth = { username: 'u', password: 'p' };
    const result = await referrer.refer({ to: 'sip:a@b', auth, onAccepted: () => void accepted++ }, never);
    expect(result).toMatchObject({ responseCode: 202, notifyCode: 486 });
    expect([sent, accepted]).toEqual([[{ 'Refer-To': '<sip:a@b>' }, auth], 1]);
  });

  test('is over when the subscription ends without one, or the call ends', async () => {
    const referrer = createReferrer(async () => 202);
    const told = referrer.refer(
      { to: 'sip:a@b', onAccepted: () => void referrer.notify({ status: 180, last: true }) },
      never,
    );
    expect(await told).toMatchObject({ responseCode: 202, notifyCode: 180 });
    const call = new AbortController();
    const cut = referrer.refer({ to: 'sip:a@b', onAccepted: () => call.abort() }, call.signal);
    expect(await cut).toMatchObject({ responseCode: 202, notifyCode: 0, reason: 'the call has ended' });
    await expect(referrer.refer({ to: 'sip:a@b' }, call.signal)).rejects.toThrow();
  });
});
