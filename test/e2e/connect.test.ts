import { readFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseAudio } from '../../src/sdp/audio.ts';
import { channelDb, decode, describe as describeFile, levelsDb, longestHole, toneSpan } from '../kit/files.ts';
import { createPhone, type Phone, type PhoneOptions } from '../kit/phone.ts';
import { type Callee, type CalleeOptions, createCallee } from '../kit/sip-callee.ts';
import { headerOf } from '../kit/sip-message.ts';
import { type DialledCall, type Stage, startStage } from '../kit/stage.ts';

/** The tones: whoever hears one knows who speaks. */
const partyHz = 440;
const peerHz = 900;
const promptHz = 1300;
/** One of the two of ring:us; 440 is the party's own. */
const ringingHz = 480;
const silentDb = -55;
/** A beep in a file of two seconds would be some -20; where another tone is cut off for it, there is a little of all. */
const beepDb = -40;
/** Where one tone breaks off, 20 ms of it have a little of every other. */
const aboveDb = -26;

/** Of a calling.call.state event. */
const stateOf = (json: Record<string, unknown> | undefined): unknown =>
  (json?.params as { readonly call_state?: unknown } | undefined)?.call_state;

let stage: Stage;
const callees: (Callee & { readonly phone: Phone })[] = [];

const takesCalls = async (how: Omit<CalleeOptions, 'phone'> = {}, sound: Partial<PhoneOptions> = {}) => {
  const phone = await createPhone({ hz: peerHz, ...sound });
  const callee = { ...(await createCallee({ ...how, phone })), phone };
  callees.push(callee);
  return callee;
};

const digest = { username: 'sipreel', password: 'secret' };
/** Calls of numbers that begin with +1 go there. */
let carrier: Callee & { readonly phone: Phone };

beforeAll(async () => {
  carrier = await takesCalls({ digest });
  const { host, port } = carrier.address;
  const outbound = {
    address: `${host}:${port}`,
    ...digest,
    numbers: [{ prefix: '+1', strip: 1, add: '00' }],
    from: '+4930123456',
    headers: { 'X-Account': '42' },
  };
  stage = await startStage({
    set: { trunks: JSON.stringify([{ name: 'carrier', outbound }]), 'data.keep_spool': 'true' },
  });
});

afterAll(async () => {
  await stage.close();
  await Promise.all(callees.map((callee) => callee.close().then(callee.phone.close)));
});

test('a recording goes on through ringing, bridge and prompt, each sound in its channel and at its time', async () => {
  const callee = await takesCalls({ ringMs: 1000 });
  stage.host.serve('2001', [
    { record_call: { stereo: true } },
    { connect: { to: callee.uri } },
    stage.host.tell('2001', 'connected'),
    { play: stage.host.toneUrl(promptHz, 1) },
    { stop_record_call: {} },
    stage.host.tell('2001', 'recorded'),
    'hangup',
  ]);
  const party = await stage.dial('2001');
  await party.phone.waitUntilHears(ringingHz);
  const leg = await callee.nextCall();
  await leg.acknowledged;
  await party.phone.waitUntilHears(peerHz, { forMs: 700 });
  await callee.phone.waitUntilHears(partyHz, { forMs: 700 });
  await leg.hangup();
  expect(await stage.host.told('2001', 'connected')).toMatchObject({ connect_result: 'connected' });
  await party.phone.waitUntilHears(promptHz);
  const { record_call_url, stop_record_call_result } = await stage.host.told('2001', 'recorded');
  expect(stop_record_call_result).toBe('success');
  await party.ended;

  const file = await stage.download(record_call_url);
  const sound = await decode(file);
  const seen = await describeFile(file, [partyHz, ringingHz, peerHz, promptHz]);
  const [ringing, peer, prompt] = [ringingHz, peerHz, promptHz].map((hz) => toneSpan(sound, 1, hz, aboveDb));
  if (!ringing || !peer || !prompt) throw new Error(`a tone is missing in what the party heard\n${seen}`);
  expect(ringing.toS, seen).toBeLessThanOrEqual(peer.fromS + 0.05);
  expect(peer.toS, seen).toBeLessThanOrEqual(prompt.fromS + 0.05);
  expect(peer.toS - peer.fromS, seen).toBeGreaterThan(0.6);
  expect(prompt.toS - prompt.fromS, seen).toBeGreaterThan(0.8);
  // What the party says is there from end to end, and nothing else in its channel.
  expect(toneSpan(sound, 0, partyHz)?.toS, seen).toBeGreaterThan(prompt.toS - 0.1);
  expect(longestHole(sound, 0, partyHz, aboveDb), `seconds without the party\n${seen}`).toBeLessThanOrEqual(0.04);
  for (const hz of [peerHz, promptHz]) expect(channelDb(sound, 0, hz), seen).toBeLessThan(silentDb);
  // Nobody has renegotiated with the party.
  expect(party.requests.map(({ method }) => method)).toEqual(['BYE']);
});

test('a leg gets the codecs, the name and the timer that a script says, its states are told, and the call goes on elsewhere', async () => {
  const callee = await takesCalls({ ringMs: 100 }, { codec: 'PCMA' });
  const connect = {
    ...{ to: callee.uri, codecs: 'PCMA,VP8', from_name: 'Ann', session_timeout: 600, encryption: 'forbidden' },
    ...{ call_state_url: stage.sink.url, call_state_events: ['created', 'ringing', 'answered', 'ended'] },
    transfer_after_bridge: stage.host.url,
  };
  stage.host.serve('2040', [{ answer: { codecs: 'PCMU' } }, { connect }, 'hangup']);
  const party = await stage.dial('2040');
  const leg = await callee.nextCall();
  expect(headerOf(leg.invite, 'from')).toMatch(/^"Ann" <sip:/);
  expect(headerOf(leg.invite, 'session-expires')).toBe('600');
  const { payloads } = parseAudio(leg.invite.body);
  expect(new Set(Object.values(payloads).map(({ codec }) => codec))).toEqual(new Set(['PCMA', 'TELEPHONE-EVENT']));
  await party.phone.waitUntilHears(peerHz);
  stage.host.serve('2040', [stage.host.tell('2040', 'elsewhere'), 'hangup']);
  await leg.hangup();
  expect(await stage.host.told('2040', 'elsewhere')).toMatchObject({ connect_result: 'connected' });
  const last = await stage.sink.waitFor('the end of the leg', ({ json }) => stateOf(json) === 'ended');
  const states = stage.sink.posts.filter(({ json }) => json?.event_type === 'calling.call.state');
  expect(states.map(({ json }) => stateOf(json))).toEqual(['created', 'ringing', 'answered', 'ended']);
  expect(last.json?.params).toMatchObject({
    ...{ direction: 'outbound', to: callee.uri, end_reason: 'hangup' },
    parent: { call_id: await stage.callIdOf(party) },
  });
});

test('one who only has PCMA is heard by a party that only has PCMU, and in its recording', async () => {
  const callee = await takesCalls({}, { codec: 'PCMA' });
  stage.host.serve('2002', [
    { record_call: { direction: 'listen' } },
    { connect: { to: callee.uri } },
    { play: stage.host.toneUrl(promptHz, 0.6) },
    { stop_record_call: {} },
    stage.host.tell('2002', 'recorded'),
  ]);
  const party = await stage.dial('2002');
  const leg = await callee.nextCall();
  await party.phone.waitUntilHears(peerHz);
  await callee.phone.waitUntilHears(partyHz);
  await leg.hangup();
  const { record_call_url } = await stage.host.told('2002', 'recorded');
  const file = await stage.download(record_call_url);
  const sound = await decode(file);
  const seen = await describeFile(file, [peerHz, promptHz]);
  const [peer, prompt] = [peerHz, promptHz].map((hz) => toneSpan(sound, 0, hz, aboveDb));
  expect(peer && prompt && peer.toS <= prompt.fromS + 0.05, seen).toBe(true);

  // What the payload types of the fork meant, in the order of the journal.
  const recordingId = parse(file).name;
  const journal = await readFile(join(stage.server.dataDir, 'spool', recordingId, 'journal.jsonl'), 'utf8');
  const meant = journal
    .split('\n')
    .filter((line) => line.includes('"event":"sdp"'))
    .map((line) => Object.keys((JSON.parse(line) as { payloads: object }).payloads).join(' '));
  expect(meant).toEqual(['0 101', '8 101', '0 101']);
});

test('of three who ring at once the first to answer wins and the others are cancelled', async () => {
  const [slow, fast, never] = await Promise.all([
    takesCalls({ ringMs: 5000 }),
    takesCalls({ ringMs: 300 }, { hz: 1100 }),
    takesCalls({ status: null }),
  ]);
  stage.host.serve('2003', [{ connect: { parallel: [slow, fast, never].map(({ uri }) => ({ to: uri })) } }]);
  const party = await stage.dial('2003');
  const [first, winner, last] = await Promise.all([slow.nextCall(), fast.nextCall(), never.nextCall()]);
  await winner.acknowledged;
  expect(await Promise.all([first.ended, last.ended])).toEqual(['cancelled', 'cancelled']);
  await party.phone.waitUntilHears(1100);
  await fast.phone.waitUntilHears(partyHz);
  // The caller's BYE ends the one who was called.
  await party.hangup();
  expect(await winner.ended).toBe('server');
});

test('groups ring one after the other, those of a group at once: the second when nobody of the first has answered', async () => {
  const [busy, never, slow, fast] = await Promise.all([
    takesCalls({ status: 486 }),
    takesCalls({ status: null }),
    takesCalls({ status: null }),
    takesCalls({ ringMs: 300 }, { hz: 1100 }),
  ]);
  const serial_parallel = [
    [{ to: busy.uri }, { to: never.uri, timeout: 1 }],
    [{ to: slow.uri }, { to: fast.uri }],
  ];
  stage.host.serve('2061', [{ connect: { serial_parallel } }, stage.host.tell('2061', 'over')]);
  const party = await stage.dial('2061');
  const [refused, rang] = await Promise.all([busy.nextCall(), never.nextCall()]);
  expect(await refused.ended).toBe('refused');
  expect([slow.calls, fast.calls]).toEqual([[], []]);
  expect(await rang.ended).toBe('cancelled');
  const [other, winner] = await Promise.all([slow.nextCall(), fast.nextCall()]);
  expect(await other.ended).toBe('cancelled');
  await party.phone.waitUntilHears(1100);
  await winner.hangup();
  expect(await stage.host.told('2061', 'over')).toMatchObject({ connect_result: 'connected' });
});

test.each([
  ['busy', { status: 486 }, 'busy'],
  ['declined', { status: 603 }, 'declined'],
  ['not found', { status: 404 }, 'not_found'],
  ['unavailable', { status: 503 }, 'unavailable'],
])('one who is %s is told to the script, which goes on', async (_name, how, reason) => {
  const callee = await takesCalls(how);
  const number = `2004${how.status}`;
  stage.host.serve(number, [{ connect: callee.uri }, stage.host.tell(number, 'over')]);
  await stage.dial(number);
  const told = await stage.host.told(number, 'over');
  expect([told.connect_result, told.connect_failed_reason]).toEqual(['failed', reason]);
});

test('one who does not answer in time is cancelled, and the next one rings', async () => {
  const never = await takesCalls({ status: null });
  const second = await takesCalls();
  stage.host.serve('2005', [
    { connect: { serial: [{ to: never.uri, timeout: 1 }, second.uri], timeout: 10 } },
    stage.host.tell('2005', 'over'),
  ]);
  const party = await stage.dial('2005');
  expect(await (await never.nextCall()).ended).toBe('cancelled');
  const leg = await second.nextCall();
  await party.phone.waitUntilHears(peerHz);
  await leg.hangup();
  expect(await stage.host.told('2005', 'over')).toMatchObject({ connect_result: 'connected' });
});

test('a caller who gives up while it rings leaves nobody ringing', async () => {
  const never = await takesCalls({ status: null });
  stage.host.serve('2006', [{ connect: never.uri }]);
  const party = await stage.dial('2006');
  await party.answered;
  const leg = await never.nextCall();
  await party.hangup();
  expect(await leg.ended).toBe('cancelled');
});

test('answer_on_bridge: the party hears it ring as early media and is answered with the other', async () => {
  const callee = await takesCalls({ ringMs: 1200 });
  stage.host.serve('2007', [{ connect: { to: callee.uri, answer_on_bridge: true, max_duration: 1 } }]);
  const party = await stage.dial('2007');
  const leg = await callee.nextCall();
  await expect.poll(() => party.provisional, { timeout: 3000 }).toContain(183);
  await party.answered;
  await party.phone.waitUntilHears(peerHz);
  // max_duration ends the connection, and with it this script.
  expect(await leg.ended).toBe('server');
  expect(await party.ended).toBe('server');
});

test("the far end's own ringing is heard before it answers, and the script's ringback instead where it has one", async () => {
  const early = await takesCalls({ earlyMedia: true, status: null });
  stage.host.serve('2008', [
    { connect: { to: early.uri, timeout: 2 } },
    stage.host.tell('2008', 'over'),
    { play: stage.host.toneUrl(promptHz, 1) },
    { connect: { to: early.uri, ringback: [stage.host.toneUrl(1700, 1)] } },
  ]);
  const party = await stage.dial('2008');
  await party.phone.waitUntilHears(peerHz);
  expect(await stage.host.told('2008', 'over')).toMatchObject({ connect_failed_reason: 'no_answer' });
  early.phone.stop();
  await party.phone.waitUntilHears(promptHz);
  await party.phone.waitUntilHears(1700);
});

test('hold and resume of either side, INFO and REFER; the API records, with a beep too', async () => {
  const callee = await takesCalls();
  stage.host.serve('2009', [{ connect: callee.uri }]);
  const party = await stage.dial('2009');
  const leg = await callee.nextCall();
  await party.phone.waitUntilHears(peerHz);
  const answers = { sendonly: 'a=recvonly', sendrecv: 'a=sendrecv' } as const;
  for (const direction of ['sendonly', 'sendrecv'] as const) {
    const { status, sdp } = await party.reinvite(party.phone.sdp(direction));
    expect([status, sdp]).toEqual([200, expect.stringContaining(answers[direction])]);
  }
  await party.phone.waitUntilHears(peerHz);
  for (const direction of ['sendonly', 'sendrecv'] as const) {
    const { status, body } = await leg.reinvite(callee.phone.sdp(direction));
    expect([status, body]).toEqual([200, expect.stringContaining(answers[direction])]);
  }
  await party.phone.waitUntilHears(peerHz);
  await callee.phone.waitUntilHears(partyHz);
  expect(await party.info('Signal=5\r\nDuration=160\r\n', 'application/dtmf-relay')).toBe(200);
  const told = leg.requests.filter(({ method }) => method === 'INFO');
  expect(told.map(({ body }) => body)).toEqual(['Signal=5\r\nDuration=160\r\n']);
  expect(await leg.send('INFO', 'Signal=6\r\n', 'application/dtmf-relay')).toBe(200);
  expect(party.requests.some(({ method, body }) => method === 'INFO' && body === 'Signal=6\r\n')).toBe(true);
  expect(await leg.send('REFER')).toBe(603);

  // Two recordings that nobody has asked for before: at once, and after a beep over the other's voice.
  const begin = async (control_id: string, more: object) => {
    const response = await fetch(`${stage.server.http}/api/calls/${await stage.callIdOf(party)}/recordings`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ control_id, stereo: true, status_url: stage.sink.url, ...more }),
    });
    expect(response.status, await response.clone().text()).toBe(201);
    const { recording_id } = (await response.json()) as { recording_id: string };
    const journal = await readFile(join(stage.server.dataDir, 'spool', recording_id, 'journal.jsonl'), 'utf8');
    const { t } = JSON.parse(journal.split('\n').find((line) => line.includes('"event":"started"')) ?? '{"t":9999}');
    expect(t, `ms until ${control_id} was being recorded`).toBeLessThan(50);
  };
  await begin('at once', {});
  await begin('beeped', { beep: true });
  const beep = levelsDb({ channels: [party.phone.heard().slice(-8000)], sampleRate: 8000, durationS: 0 }, 0, 1000);
  expect(Math.max(...beep), 'the beep that the party heard').toBeGreaterThan(-20);
  await Promise.all([
    party.phone.waitUntilHears(peerHz, { anew: true }),
    callee.phone.waitUntilHears(partyHz, { anew: true }),
  ]);
  // Both at once.
  await Promise.all([party.hangup(), leg.hangup()]);
  for (const name of ['at once', 'beeped']) {
    const file = await stage.download((await stage.sink.waitForState(name, 'finished')).params.url);
    const sound = await decode(file);
    const seen = await describeFile(file, [partyHz, peerHz, 1000]);
    for (const [channel, hz] of [
      [0, partyHz],
      [1, peerHz],
    ] as const) {
      expect(toneSpan(sound, channel, hz)?.toS, seen).toBeGreaterThan(sound.durationS - 0.2);
      expect(channelDb(sound, channel, 1000), `the beep is in the file; ${seen}`).toBeLessThan(beepDb);
    }
  }
});

test('a number goes out by its trunk: rewritten, with its caller and headers, and its password when it is asked', async () => {
  const headers = [{ name: 'X-Ticket', value: '7' }];
  stage.host.serve('2010', [{ connect: { to: '+1 (555) 000-2222', headers } }, stage.host.tell('2010', 'over')]);
  const party = await stage.dial('2010');
  const leg = await carrier.nextCall();
  await party.phone.waitUntilHears(peerHz);
  expect(leg.invite.uri).toBe(`sip:0015550002222@127.0.0.1:${carrier.address.port}`);
  expect(headerOf(leg.invite, 'from')).toContain('sip:+4930123456@127.0.0.1');
  // One server less on the way: a call that comes back to us ends some day (RFC 7332).
  expect(headerOf(leg.invite, 'max-forwards')).toBe('69');
  expect([headerOf(leg.invite, 'x-account'), headerOf(leg.invite, 'x-ticket')]).toEqual(['42', '7']);
  await leg.hangup();
  expect(await stage.host.told('2010', 'over')).toMatchObject({ connect_result: 'connected' });
});

test('a wrong password and a number that no trunk takes are failures, and the script goes on', async () => {
  stage.host.serve('2011', [
    { connect: { to: '+15550002222', username: 'sipreel', password: 'wrong' } },
    stage.host.tell('2011', 'refused'),
    { connect: { to: '12345' } },
    stage.host.tell('2011', 'no trunk'),
  ]);
  await stage.dial('2011');
  const failed = { connect_result: 'failed', connect_failed_reason: 'error' };
  expect(await stage.host.told('2011', 'refused')).toMatchObject(failed);
  expect(await stage.host.told('2011', 'no trunk')).toMatchObject(failed);
});

test('an answer that crosses our CANCEL gets BYE', async () => {
  const crossing = await takesCalls({ status: null, answersCancel: true });
  stage.host.serve('2012', [{ connect: { to: crossing.uri, timeout: 1 } }, stage.host.tell('2012', 'over')]);
  await stage.dial('2012');
  const leg = await crossing.nextCall();
  expect(await leg.ended).toBe('server');
  expect(await stage.host.told('2012', 'over')).toMatchObject({ connect_failed_reason: 'no_answer' });
});

test('a call whose INVITE had no SDP is connected too', async () => {
  const callee = await takesCalls();
  stage.host.serve('2013', [{ connect: { to: callee.uri, answer_on_bridge: true } }]);
  const party = await stage.dial('2013', { sdp: null });
  const leg = await callee.nextCall();
  await party.phone.waitUntilHears(peerHz);
  await callee.phone.waitUntilHears(partyHz);
  await leg.hangup();
  await party.ended;
});

test('a server that goes down ends those who ring and those who talk', async () => {
  const own = await startStage({ set: { 'drain.limit': '300ms' } });
  const dialled: DialledCall[] = [];
  try {
    const [talks, rings] = await Promise.all([takesCalls(), takesCalls({ status: null })]);
    own.host.serve('1', [{ record_call: {} }, { connect: talks.uri }]);
    own.host.serve('2', [{ connect: rings.uri }]);
    dialled.push(...(await Promise.all([own.dial('1'), own.dial('2')])));
    const [talking, ringing] = await Promise.all([talks.nextCall(), rings.nextCall()]);
    await dialled[0]?.phone.waitUntilHears(peerHz);
    const exitCode = own.server.stop('SIGTERM');
    expect(await Promise.all([talking.ended, ringing.ended])).toEqual(['server', 'cancelled']);
    expect(await exitCode, own.server.logText()).toBe(0);
  } finally {
    await Promise.all(dialled.map((each) => each.close().then(each.phone.close)));
    await own.server.close();
    await Promise.all([own.host.close(), own.sink.close()]);
  }
});
