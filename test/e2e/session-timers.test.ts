import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPhone, type Phone } from '../kit/phone.ts';
import { type Callee, type CalleeOptions, createCallee } from '../kit/sip-callee.ts';
import { headerOf, type SipMessage } from '../kit/sip-message.ts';
import { type DialOptions, type Stage, startStage } from '../kit/stage.ts';
import { eventually } from '../parts/eventually.ts';

/**
 * What the server asks for; it refreshes after two fifths of it, and gives up a third before its end. A drachtio-server
 * has a clock of its own, which takes nothing below 90 s: what it would have a hand in is for the edge alone.
 */
const expiresS = 3;
const givenUpMs = 2000;

const onEdge = process.env.DRACHTIO_BIN === undefined;

let stage: Stage;
const callees: (Callee & { readonly phone: Phone })[] = [];

beforeAll(async () => {
  stage = await startStage({ set: { 'sip.session_expires': `${expiresS}s`, 'sip.min_session_expires': '2s' } });
});
afterAll(async () => {
  await stage.close();
  await Promise.all(callees.map((callee) => callee.close().then(callee.phone.close)));
});

const takesCalls = async (how: Omit<CalleeOptions, 'phone'>) => {
  const phone = await createPhone({ hz: 900 });
  const callee = { ...(await createCallee({ ...how, phone })), phone };
  callees.push(callee);
  return callee;
};

/** A call that is recorded until somebody ends it. Its time begins at `dialledAt` or somewhat later. */
const recorded = async (number: string, options: DialOptions) => {
  stage.host.serve(number, [{ record_call: { control_id: number, status_url: stage.sink.url } }, { sleep: 60_000 }]);
  const dialledAt = performance.now();
  const party = await stage.dial(number, options);
  return { party, answer: await party.answered, dialledAt };
};

const endOf = async (number: string) => (await stage.sink.waitForState(number, 'finished')).params.end_reason;
const header = (message: Pick<SipMessage, 'headers'>, name: string) =>
  headerOf({ headers: message.headers, body: '' }, name);
const timer = { Supported: 'timer', 'Session-Expires': String(expiresS) };

describe.concurrent('the party', () => {
  test('that is to refresh and does not gets BYE a third before the end, and its recording is finished', async () => {
    const { party, answer, dialledAt } = await recorded('t1', { headers: timer });
    expect(header(answer, 'session-expires')).toBe(`${expiresS};refresher=uac`);
    expect([header(answer, 'require'), header(answer, 'supported')]).toEqual(['timer', 'timer']);
    expect(header(answer, 'allow')).toContain('UPDATE');
    expect(await party.ended).toBe('server');
    expect(performance.now() - dialledAt).toBeGreaterThan(givenUpMs - 100);
    expect(await endOf('t1')).toBe('hangup');
    const callId = await stage.callIdOf(party);
    const ended = await stage.server.waitForLog(
      'its end',
      (line) => line.msg === 'call ended' && line.call_id === callId,
    );
    expect(ended).toMatchObject({ result: 'session_expired' });
  });

  test.runIf(onEdge).each([
    ['re-INVITE', 'INVITE'],
    ['UPDATE', 'UPDATE'],
  ])('that refreshes by %s stays as long as it does', async (name, method) => {
    const { party } = await recorded(`t2-${name}`, { headers: timer });
    for (let refreshes = 0; refreshes < 3; refreshes++) {
      await new Promise((resolve) => setTimeout(resolve, 1200));
      const headers = { ...timer, 'Session-Expires': `${expiresS};refresher=uac` };
      const answer =
        method === 'INVITE'
          ? await party.reinvite(party.phone.sdp(), { headers })
          : await party.request('UPDATE', { headers });
      expect(answer.status).toBe(200);
      expect(header(answer, 'session-expires')).toBe(`${expiresS};refresher=uac`);
    }
    expect(party.requests).toEqual([]);
    expect(await party.hangup()).toBe(200);
  });

  test('whose interval is too small gets 422 with ours, in re-INVITE and UPDATE too', async () => {
    stage.host.serve('t3', ['answer', { sleep: 20_000 }]);
    const headers = { Supported: 'timer', 'Session-Expires': '1' };
    const refused = await stage.dial('t3', { headers });
    expect(await refused.final).toBe(422);
    expect(refused.messages.at(-2)).toContain('Min-SE: 2');
    const party = await stage.dial('t3', { headers: timer });
    await party.answered;
    expect((await party.reinvite(party.phone.sdp(), { headers })).status).toBe(422);
    expect((await party.request('UPDATE', { headers })).status).toBe(422);
    await party.hangup();
  });

  test('that knows no timers is asked again and again whether it is there, by UPDATE', async () => {
    const { party, answer } = await recorded('t4', {});
    expect([header(answer, 'session-expires'), header(answer, 'require')]).toEqual(['', '']);
    await eventually('two refreshes', () => party.requests.length === 2);
    expect(party.requests.map(({ method, body }) => [method, body])).toEqual([
      ['UPDATE', ''],
      ['UPDATE', ''],
    ]);
    await party.hangup();
  });

  test.each([
    ['481', { status: 481 } as const],
    ['no answer', 'no answer' as const],
  ])('that has gone says so by %s: its call ends', async (name, reply) => {
    const number = `t5-${name.replace(' ', '-')}`;
    const { party } = await recorded(number, { onRequest: ({ method }) => (method === 'UPDATE' ? reply : undefined) });
    expect(await party.ended).toBe('server');
    expect(await endOf(number)).toBe('hangup');
  });

  test.runIf(onEdge)('that wants us to refresh is refreshed by re-INVITE with the SDP that stands', async () => {
    const { party, answer } = await recorded('t9', {
      headers: { ...timer, 'Session-Expires': `${expiresS};refresher=uas` },
    });
    expect(header(answer, 'session-expires')).toBe(`${expiresS};refresher=uas`);
    const hold = await party.reinvite(party.phone.sdp('sendonly'), { headers: timer });
    expect(header(hold, 'session-expires')).toBe(`${expiresS};refresher=uas`);
    const refresh = await eventually('a refresh', () => party.requests.find(({ method }) => method === 'INVITE'));
    expect(refresh.body).toBe(hold.sdp);
    await party.hangup();
  });

  test('that requires what we do not know gets 420', async () => {
    stage.host.serve('t6', ['answer']);
    const party = await stage.dial('t6', { headers: { Require: 'timer, precondition' } });
    expect(await party.final).toBe(420);
    expect(party.messages.at(-2)).toContain('Unsupported: precondition');
  });
});

describe.concurrent('the one who is called', () => {
  test.runIf(onEdge)(
    'is offered a timer, may want a longer one, and is refreshed by re-INVITE with the same SDP',
    async () => {
      let refusals = 0;
      const callee = await takesCalls({
        refuse: () => (++refusals === 1 ? { status: 422, headers: { 'Min-SE': '4' } } : undefined),
        answer: { headers: { 'Session-Expires': '4;refresher=uac', Require: 'timer', Supported: 'timer' } },
      });
      stage.host.serve('t7', [{ connect: callee.uri }]);
      const party = await stage.dial('t7');
      const leg = await callee.nextCall();
      expect(callee.messages.find((text) => text.includes('INVITE'))).toContain('Session-Expires: 3');
      expect([header(leg.invite, 'session-expires'), header(leg.invite, 'min-se')]).toEqual(['4', '']);
      const refresh = await eventually('a refresh', () => leg.requests.find(({ method }) => method === 'INVITE'));
      expect(header(refresh, 'session-expires')).toBe('4;refresher=uac');
      expect(refresh.body).toBe(leg.invite.body);
      await party.phone.waitUntilHears(900);
      await party.hangup();
    },
  );

  test('that is to refresh and does not is hung up, and the script goes on', async () => {
    const callee = await takesCalls({
      answer: { headers: { 'Session-Expires': '3;refresher=uas', Require: 'timer' } },
    });
    stage.host.serve('t8', [{ connect: callee.uri }, stage.host.tell('t8', 'over')]);
    await stage.dial('t8');
    const leg = await callee.nextCall();
    expect(await leg.ended).toBe('server');
    expect(await stage.host.told('t8', 'over')).toMatchObject({ connect_result: 'connected' });
  });
});
