import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { channelDb, decode, describe as describeFile, toneSpan } from '../kit/files.ts';
import { createPhone, type Phone, type PhoneOptions } from '../kit/phone.ts';
import { type Callee, type CalleeOptions, createCallee, type ReceivedCall } from '../kit/sip-callee.ts';
import { headerOf, type SipMessage } from '../kit/sip-message.ts';
import { type DialledCall, type DialOptions, type Stage, startStage } from '../kit/stage.ts';
import { createUdpPhone, headerOf as rawHeaderOf, rawRequest, rawResponse } from '../parts/edge/raw-phone.ts';

const partyHz = 440;
const peerHz = 900;
const silentDb = -55;
const onEdge = process.env.DRACHTIO_BIN === undefined;

let stage: Stage;
const opened: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  stage = await startStage();
});
afterAll(async () => {
  await stage.close();
  await Promise.all(opened.map((each) => each.close()));
});

const newPhone = async (options: PhoneOptions): Promise<Phone> => {
  const phone = await createPhone(options);
  opened.push(phone);
  return phone;
};
const takesCalls = async (how: Omit<CalleeOptions, 'phone'> = {}): Promise<Callee & { readonly phone: Phone }> => {
  const phone = await newPhone({ hz: peerHz });
  const callee = await createCallee({ ...how, phone });
  opened.push(callee);
  return { ...callee, phone };
};

interface Bridged {
  readonly party: DialledCall;
  readonly peer: ReceivedCall;
  readonly phone: Phone;
  /** Resolves when each hears the other. */
  readonly hearEachOther: () => Promise<unknown>;
}

/** A party that is connected and recorded. */
const bridge = async (
  number: string,
  how: Omit<CalleeOptions, 'phone'> = {},
  dial: DialOptions = {},
  parameters: Record<string, unknown> = {},
): Promise<Bridged> => {
  const callee = await takesCalls(how);
  stage.host.serve(number, [
    { record_call: { control_id: number, stereo: true, status_url: stage.sink.url, ...parameters } },
    { connect: { to: callee.uri } },
    stage.host.tell(number, 'over'),
  ]);
  const party = await stage.dial(number, dial);
  const peer = await callee.nextCall();
  await peer.acknowledged;
  const hearEachOther = () => Promise.all([party.phone.waitUntilHears(peerHz), callee.phone.waitUntilHears(partyHz)]);
  await hearEachOther();
  return { party, peer, phone: callee.phone, hearEachOther };
};

const recordingOf = async (number: string) => {
  const { params } = await stage.sink.waitForState(number, 'finished');
  const file = await stage.download(params.url);
  return { sound: await decode(file), story: await describeFile(file, [partyHz, peerHz, 700, 1100]) };
};

const directionOf = (sdp: string) => /^a=(sendrecv|sendonly|recvonly|inactive)\r?$/m.exec(sdp)?.[1];
const originOf = (sdp: string) => {
  const [, session, version] = /^o=\S+ (\d+) (\d+) /m.exec(sdp) ?? [];
  return { session, version: Number(version) };
};
const portOf = (sdp: string) => /^m=audio (\d+)/m.exec(sdp)?.[1];
const byAddress = (sdp: string) => sdp.replace(/^c=.*$/m, 'c=IN IP4 0.0.0.0').replace(/^a=sendrecv\r\n/m, '');
/** A re-INVITE of one of the two, by who makes it. */
const answerOf = async (made: Promise<{ readonly status?: number | undefined; sdp?: string; body?: string }>) => {
  const { status, sdp, body } = await made;
  return [status, directionOf(sdp ?? body ?? '')];
};

describe('hold', () => {
  test('of either side, of both at once, in every way there is, and back', async () => {
    const { party, peer, phone, hearEachOther } = await bridge('r1');
    const { sdp: first } = await party.answered;
    const mine = party.phone;
    // Both at once.
    const [held, alsoHeld] = await Promise.all([
      party.reinvite(mine.sdp('sendonly')),
      peer.reinvite(phone.sdp('sendonly')),
    ]);
    expect([held.status, directionOf(held.sdp)]).toEqual([200, 'recvonly']);
    expect([alsoHeld.status, directionOf(alsoHeld.body)]).toEqual([200, 'recvonly']);
    // One resumes while the other still holds: each holds for itself.
    expect(await answerOf(party.reinvite(mine.sdp('sendrecv')))).toEqual([200, 'sendrecv']);
    expect(await answerOf(peer.reinvite(phone.sdp('sendrecv')))).toEqual([200, 'sendrecv']);
    await hearEachOther();
    expect(await answerOf(party.reinvite(mine.sdp('inactive')))).toEqual([200, 'inactive']);
    expect(await answerOf(peer.reinvite(phone.sdp('inactive')))).toEqual([200, 'inactive']);
    expect(await answerOf(peer.reinvite(phone.sdp('sendrecv')))).toEqual([200, 'sendrecv']);
    expect(await answerOf(party.reinvite(byAddress(mine.sdp())))).toEqual([200, 'recvonly']);
    expect(await answerOf(peer.reinvite(byAddress(phone.sdp())))).toEqual([200, 'recvonly']);
    expect(await answerOf(peer.reinvite(phone.sdp('sendrecv')))).toEqual([200, 'sendrecv']);
    // Without an offer ours is as of a new call, so that the one who holds can resume by it.
    expect(await answerOf(party.reinvite(null))).toEqual([200, 'sendrecv']);
    await hearEachOther();
    const held2 = await peer.reinvite(phone.sdp('sendonly'));
    const back = await peer.reinvite(null);
    expect([directionOf(held2.body), directionOf(back.body)]).toEqual(['recvonly', 'sendrecv']);
    await hearEachOther();
    // The same session under a higher version where something is another (RFC 3264 §8), and never another port.
    expect(originOf(held.sdp)).toEqual({ session: originOf(first).session, version: originOf(first).version + 1 });
    expect(originOf(back.body)).toEqual({
      session: originOf(peer.invite.body).session,
      version: originOf(held2.body).version + 1,
    });
    expect([portOf(held.sdp), portOf(back.body)]).toEqual([portOf(first), portOf(peer.invite.body)]);
    await Promise.all([party.hangup(), peer.hangup()]);
    const { sound, story } = await recordingOf('r1');
    expect(toneSpan(sound, 0, partyHz)?.toS, story).toBeGreaterThan(sound.durationS - 0.3);
    expect(channelDb(sound, 0, peerHz), story).toBeLessThan(silentDb);
  });

  test.each(['party', 'peer'] as const)(
    'by UPDATE of the %s, and an UPDATE without SDP changes nothing',
    async (who) => {
      const { party, peer, phone, hearEachOther } = await bridge(`r2-${who}`);
      const [side, own] = who === 'party' ? [party, party.phone] : [peer, phone];
      const update = async (sdp?: string) => {
        const answer: SipMessage = await side.request('UPDATE', sdp === undefined ? {} : { body: sdp });
        if (answer.status === 200) expect(headerOf(answer, 'contact')).not.toBe('');
        return [answer.status, directionOf(answer.body)];
      };
      expect(await update(own.sdp('sendonly'))).toEqual([200, 'recvonly']);
      expect(await update()).toEqual([200, undefined]);
      expect(await update(own.sdp('sendrecv'))).toEqual([200, 'sendrecv']);
      expect(await update('v=0\r\nnonsense')).toEqual([488, undefined]);
      await hearEachOther();
      await party.hangup();
    },
  );
});

describe('another place and another codec', () => {
  test('of either side by re-INVITE, with an offer and without one, are heard and recorded', async () => {
    const { party, peer, phone } = await bridge('r3');
    const [partyMoved, peerMoved] = [
      await newPhone({ hz: 700, codec: 'PCMA' }),
      await newPhone({ hz: 1100, codec: 'PCMA' }),
    ];
    party.phone.stop();
    const moved = await party.reinvite(partyMoved.sdp());
    expect(moved.status).toBe(200);
    partyMoved.startSending(moved.rtp.address, moved.rtp.port);
    await Promise.all([partyMoved.waitUntilHears(peerHz), phone.waitUntilHears(700)]);
    phone.stop();
    const other = await peer.reinvite(peerMoved.sdp());
    expect(other.status).toBe(200);
    peerMoved.startSending('127.0.0.1', Number(portOf(other.body)));
    await Promise.all([partyMoved.waitUntilHears(1100), peerMoved.waitUntilHears(700)]);
    // Back to the first phone, which we only learn from the ACK.
    partyMoved.stop();
    const offered = await party.reinvite(null);
    expect(offered.sdp).toMatch(/m=audio \d+ RTP\/AVP .*\b0\b/);
    party.phone.startSending(offered.rtp.address, offered.rtp.port);
    await Promise.all([party.phone.waitUntilHears(1100), peerMoved.waitUntilHears(partyHz)]);
    await party.hangup();
    const { sound, story } = await recordingOf('r3');
    const [a, b, c, d] = [
      toneSpan(sound, 0, partyHz, -26),
      toneSpan(sound, 0, 700, -26),
      toneSpan(sound, 1, peerHz, -26),
      toneSpan(sound, 1, 1100, -26),
    ];
    if (!a || !b || !c || !d) throw new Error(story);
    expect(a.fromS < b.fromS && b.toS < a.toS && c.toS <= d.fromS + 0.05, story).toBe(true);
    expect(a.toS, story).toBeGreaterThan(sound.durationS - 0.3);
  });

  test('of an ACK that has none, or nonsense, leave the call as it was', async () => {
    const { party, hearEachOther } = await bridge('r4');
    const offered = await party.reinvite(null, { ackSdp: 'v=0\r\nnonsense\r\n' });
    expect(offered.status).toBe(200);
    await hearEachOther();
    expect((await party.reinvite(party.phone.sdp())).status).toBe(200);
    await hearEachOther();
    await party.hangup();
  });
});

test('digits go both ways as RTP events and as INFO, and only the party’s stop its recording', async () => {
  const { party, peer, phone } = await bridge('r5', {}, {}, { terminators: '29#' });
  await Promise.all([party.phone.sendDigit('5', 120), phone.sendDigit('9', 120)]);
  await expect.poll(() => [phone.heardDigits(), party.phone.heardDigits()], { timeout: 3000 }).toEqual(['5', '9']);
  expect(await party.info('Signal=1\r\nDuration=160\r\n', 'application/dtmf-relay')).toBe(200);
  expect(await peer.send('INFO', 'Signal=2\r\n', 'application/dtmf-relay')).toBe(200);
  const infos = (requests: readonly SipMessage[]) =>
    requests.filter(({ method }) => method === 'INFO').map(({ body }) => body);
  expect([infos(peer.requests), infos(party.requests)]).toEqual([['Signal=1\r\nDuration=160\r\n'], ['Signal=2\r\n']]);
  // What would stop it has come from the other side, in either way, and the call has gone on since.
  expect(stage.sink.eventsOf('r5').map(({ params }) => params.state)).toEqual(['recording']);
  await party.phone.sendDigit('#');
  expect((await stage.sink.waitForState('r5', 'finished')).params.end_reason).toBe('terminator');
  expect(await party.send('MESSAGE', 'hello', 'text/plain')).toBe(405);
  expect(await party.send('REFER')).toBe(603);
  expect(await party.send('OPTIONS')).toBe(200);
  await party.hangup();
});

describe('before the answer', () => {
  test('UPDATE without SDP is taken from either side; an offer has to wait', async () => {
    const callee = await takesCalls({ ringMs: 1500 });
    stage.host.serve('r6', [{ connect: { to: callee.uri, answer_on_bridge: true } }]);
    const party = await stage.dial('r6');
    await party.waitForProvisional(183);
    const leg = await callee.nextCall();
    const status = async (side: Pick<ReceivedCall, 'request'>, sdp?: string) =>
      (await side.request('UPDATE', sdp === undefined ? {} : { body: sdp })).status;
    expect([await status(party), await status(leg)]).toEqual([200, 200]);
    expect(await status(party, party.phone.sdp('sendonly'))).toBe(500);
    expect(await status(leg, callee.phone.sdp('sendonly'))).toBe(491);
    await party.answered;
    await party.phone.waitUntilHears(peerHz);
    await party.hangup();
  });

  test('a caller that requires 100rel gets its 183 reliably, may change its offer then, and is answered after its PRACK', async () => {
    const callee = await takesCalls();
    stage.host.serve('r7', [{ connect: { to: callee.uri, answer_on_bridge: true } }]);
    const party = await stage.dial('r7', { headers: { Require: '100rel' } });
    const ringing = await party.waitForProvisional(183);
    expect(headerOf(ringing, 'require')).toBe('100rel');
    await (await callee.nextCall()).acknowledged;
    const rack = `${headerOf(ringing, 'rseq')} 1 INVITE`;
    expect((await party.request('PRACK', { headers: { RAck: rack } })).status).toBe(200);
    const answer = await party.answered;
    expect(originOf(answer.sdp)).toEqual(originOf(ringing.body));
    await party.phone.waitUntilHears(peerHz);
    await party.hangup();
  });

  test('a caller that cancels before its PRACK is let go at once, though its answer waits for that', async () => {
    const early = { play: { url: 'silence:0.1', auto_answer: false } };
    stage.host.serve('r7b', [early, stage.host.tell('r7b', 'early'), 'answer']);
    const party = await stage.dial('r7b', { headers: { Require: '100rel' } });
    await party.waitForProvisional(183);
    await stage.host.told('r7b', 'early');
    const callId = await stage.callIdOf(party);
    await sleep(100);
    expect(await party.cancel()).toBe(200);
    await stage.server.waitForLog('its end', ({ msg, call_id }) => msg === 'call ended' && call_id === callId, 3000);
  });

  test('an offer after the PRACK is taken', async () => {
    stage.host.serve('r8', [{ play: { url: stage.host.toneUrl(1300, 5), auto_answer: false } }]);
    const party = await stage.dial('r8', { headers: { Require: '100rel' } });
    const ringing = await party.waitForProvisional(183);
    await party.request('PRACK', { headers: { RAck: `${headerOf(ringing, 'rseq')} 1 INVITE` } });
    const update = await party.request('UPDATE', { body: party.phone.sdp('sendonly') });
    expect([update.status, directionOf(update.body)]).toEqual([200, 'recvonly']);
    expect(await party.cancel()).toBe(200);
    expect(await party.final).toBe(487);
  });
});

test('a call can be ended while the ACK to a 200 with our offer is waited for', async () => {
  stage.host.serve('r10', ['answer', { sleep: 60_000 }]);
  const { host, port } = stage.server.sip;
  const phone = await createUdpPhone(port);
  const callId = `no-ack-${process.pid}`;
  phone.send(
    rawRequest('INVITE', { to: port, from: phone.port, callId }).replaceAll(`sip:app@${host}`, `sip:r10@${host}`),
  );
  const answer = await phone.next('SIP/2.0 200');
  const { call_id } = await stage.server.waitForLog('the INVITE', ({ sip_call_id }) => sip_call_id === callId);
  const ended = fetch(`${stage.server.http}/api/calling/calls`, {
    ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
    body: JSON.stringify({ command: 'calling.end', id: call_id }),
  });
  const bye = await phone.next('BYE', 3000);
  expect(rawHeaderOf(bye, 'from')).toBe(rawHeaderOf(answer, 'to'));
  phone.send(rawResponse(bye, '200 OK'));
  expect(await (await ended).json()).toMatchObject({ result: 'ended' });
  await phone.close();
});

describe('an answer', () => {
  test.runIf(onEdge)('of a second phone, as a proxy has forked the call, is acknowledged and ended', async () => {
    const { party, peer, hearEachOther } = await bridge('r9', { otherAnswerAfterMs: 100 });
    await expect.poll(() => peer.atOther.map(({ method }) => method), { timeout: 3000 }).toEqual(['ACK', 'BYE']);
    await hearEachOther();
    await party.hangup();
  });

  test.each([
    ['nonsense', { body: 'v=0\r\nnonsense\r\n' }],
    ['no codec of the offer', undefined],
    ['a stream that was turned down', undefined],
    ['no SDP at all', { body: '' }],
  ])('with %s fails that one, and the next is called', async (name, given) => {
    const phone = await newPhone({ hz: peerHz });
    const changed = {
      'no codec of the offer': phone.sdp().replace('RTP/AVP 0 101', 'RTP/AVP 3 101'),
      'a stream that was turned down': phone.sdp().replace(/m=audio \d+/, 'm=audio 0'),
    };
    const body = changed[name as keyof typeof changed] ?? given?.body ?? '';
    const [useless, good] = [await takesCalls({ answer: { body } }), await takesCalls()];
    const number = `r10-${name.replaceAll(' ', '-')}`;
    stage.host.serve(number, [{ connect: { serial: [useless.uri, good.uri] } }, stage.host.tell(number, 'over')]);
    const party = await stage.dial(number);
    const leg = await useless.nextCall();
    expect(await leg.ended).toBe('server');
    await (await good.nextCall()).acknowledged;
    await party.phone.waitUntilHears(peerHz);
    await party.hangup();
  });
});
