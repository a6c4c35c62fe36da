import { afterAll, beforeAll, expect, test } from 'vitest';
import { channelDb, decode, describe as describeFile, toneSpan } from '../kit/files.ts';
import { createPhone, type Phone } from '../kit/phone.ts';
import { type Callee, type CalleeOptions, createCallee } from '../kit/sip-callee.ts';
import { type Stage, startStage } from '../kit/stage.ts';

const partyHz = 440;
const peerHz = 900;
/** What the one who is called hears when it has answered. */
const questionHz = 1300;
/** One of the two tones of ring:us. */
const ringingHz = 480;
const silentDb = -55;
const aboveDb = -26;

let stage: Stage;
const opened: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  stage = await startStage();
});
afterAll(async () => {
  await stage.close();
  await Promise.all(opened.map((each) => each.close()));
});

const takesCalls = async (how: Omit<CalleeOptions, 'phone'> = {}): Promise<Callee & { readonly phone: Phone }> => {
  const phone = await createPhone({ hz: peerHz });
  const callee = await createCallee({ ...how, phone });
  opened.push(callee, phone);
  return { ...callee, phone };
};

/** Takes the call with 1. */
const question = (): readonly object[] => [
  { prompt: { play: stage.host.toneUrl(questionHz, 10), max_digits: 1 } },
  { switch: { variable: 'prompt_value', case: { 1: [{ set: { taken: true } }] }, default: [{ hangup: {} }] } },
];

const statesOf = (callId: string) =>
  stage.sink.posts.flatMap(({ json }) => {
    const params = json?.params as Record<string, unknown> | undefined;
    return json?.event_type === 'calling.call.connect' && params?.call_id === callId ? [params] : [];
  });

test('who confirms by a digit is connected; the party hears it ring until then, and events tell of it', async () => {
  let invites = 0;
  const callee = await takesCalls({
    // Its own re-INVITE might cross ours: we try again, and have waited.
    onRequest: ({ method }) => (method === 'INVITE' && ++invites === 1 ? { status: 491 } : undefined),
  });
  stage.host.serve('c1', [
    { record_call: { control_id: 'c1', stereo: true, status_url: stage.sink.url } },
    { connect: { to: callee.uri, confirm: question(), status_url: stage.sink.url } },
    stage.host.tell('c1', 'over'),
    'hangup',
  ]);
  const party = await stage.dial('c1');
  const leg = await callee.nextCall();
  await Promise.all([callee.phone.waitUntilHears(questionHz), party.phone.waitUntilHears(ringingHz)]);
  expect(callee.phone.heardDb(partyHz), 'the party, as the callee hears it before').toBeLessThan(silentDb);
  await callee.phone.sendDigit('1');
  const answeredAt = performance.now();
  await Promise.all([
    party.phone.waitUntilHears(peerHz, { timeoutMs: 8000 }),
    callee.phone.waitUntilHears(partyHz, { timeoutMs: 8000 }),
  ]);
  expect(performance.now() - answeredAt, 'ms after the 491: the Call-ID is ours').toBeGreaterThan(2100);
  expect(leg.requests.map(({ method }) => method)).toEqual(['INVITE', 'INVITE']);
  await leg.hangup();
  expect(await stage.host.told('c1', 'over')).toMatchObject({ connect_result: 'connected' });
  await party.ended;

  const { params } = await stage.sink.waitForState('c1', 'finished');
  const file = await stage.download(params.url);
  const sound = await decode(file);
  const seen = await describeFile(file, [partyHz, peerHz, questionHz, ringingHz]);
  expect(channelDb(sound, 1, questionHz), seen).toBeLessThan(silentDb);
  const [ringing, peer] = [ringingHz, peerHz].map((hz) => toneSpan(sound, 1, hz, aboveDb));
  expect(ringing?.toS, seen).toBeLessThan((peer?.fromS ?? 0) + 0.06);

  const callId = await stage.callIdOf(party);
  await expect
    .poll(() => statesOf(callId).map(({ connect_state }) => connect_state), { timeout: 5000 })
    .toEqual(['connecting', 'connected', 'disconnected']);
  const device = { type: 'sip', params: { to: callee.uri, from: 'sip:+15550001111@127.0.0.1' } };
  expect(statesOf(callId)[1]).toMatchObject({ peer: { device } });
});

test('who does not is hung up, by its script, by time or by itself, and the next one is called', async () => {
  const [says2, silent, leaves, byInfo] = [
    await takesCalls(),
    await takesCalls(),
    await takesCalls(),
    await takesCalls(),
  ];
  stage.host.serve('c2', [
    {
      connect: {
        serial: [says2, silent, leaves, byInfo].map(({ uri }) => ({ to: uri })),
        confirm: question(),
        confirm_timeout: 1,
      },
    },
    stage.host.tell('c2', 'over'),
  ]);
  const party = await stage.dial('c2');
  const first = await says2.nextCall();
  await says2.phone.waitUntilHears(questionHz);
  // The BYE stops its phone before the key is up.
  void says2.phone.sendDigit('2');
  expect(await first.ended).toBe('server');
  expect(await (await silent.nextCall()).ended).toBe('server');
  const third = await leaves.nextCall();
  await third.acknowledged;
  await third.hangup();
  const last = await byInfo.nextCall();
  await byInfo.phone.waitUntilHears(questionHz);
  expect(await last.send('INFO', 'Signal=1\r\nDuration=160\r\n', 'application/dtmf-relay')).toBe(200);
  await Promise.all([party.phone.waitUntilHears(peerHz), byInfo.phone.waitUntilHears(partyHz)]);
  await last.hangup();
  expect(await stage.host.told('c2', 'over')).toMatchObject({ connect_result: 'connected' });
});

test('nobody who confirms is a reason of its own; a script from a URL that is not there confirms nothing', async () => {
  const callee = await takesCalls();
  stage.host.serve('c3', [
    { connect: { to: callee.uri, confirm: `${stage.host.origin}/nowhere` } },
    stage.host.tell('c3', 'over'),
  ]);
  await stage.dial('c3');
  expect(await (await callee.nextCall()).ended).toBe('server');
  expect(await stage.host.told('c3', 'over')).toMatchObject({
    connect_result: 'failed',
    connect_failed_reason: 'not_confirmed',
  });
});

test('of several the first to confirm wins, though another has answered before; a caller who leaves ends them all', async () => {
  const [thinks, takes] = [await takesCalls(), await takesCalls({ ringMs: 300 })];
  const parallel = [thinks, takes].map(({ uri }) => ({ to: uri }));
  stage.host.serve('c4', [{ connect: { parallel, confirm: question() } }]);
  const party = await stage.dial('c4');
  const [slow, fast] = [await thinks.nextCall(), await takes.nextCall()];
  await Promise.all([thinks, takes].map(({ phone }) => phone.waitUntilHears(questionHz)));
  await takes.phone.sendDigit('1');
  expect(await slow.ended).toBe('server');
  await Promise.all([party.phone.waitUntilHears(peerHz), takes.phone.waitUntilHears(partyHz)]);
  await party.hangup();
  expect(await fast.ended).toBe('server');

  const again = await stage.dial('c4');
  const asked = await thinks.nextCall();
  await thinks.phone.waitUntilHears(questionHz);
  await again.hangup();
  expect(await asked.ended).toBe('server');
});
