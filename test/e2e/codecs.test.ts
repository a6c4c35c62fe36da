import { afterAll, beforeAll, expect, test } from 'vitest';
import { channelDb, decode, describe as describeFile, levelsDb, toneSpan } from '../kit/files.ts';
import { createPhone, type Phone, type PhoneOptions } from '../kit/phone.ts';
import { type Callee, createCallee } from '../kit/sip-callee.ts';
import { type DialledCall, type Stage, startStage } from '../kit/stage.ts';
import type { Codec } from '../kit/tone-frames.ts';

const partyHz = 440;
const peerHz = 900;
const promptHz = 1300;
/** Codecs change the level of a tone, G.729 the most. */
const heardDb = -22;
/** G.729 takes some tenths of a second to come up to its level. */
const beginDb = -30;
/** G.729 makes noise of its own, and of a tone more than of a voice. */
const otherDb = -40;

const codecs: readonly Codec[] = ['PCMU', 'PCMA', 'G722', 'OPUS', 'G729'];
/** What a recording of it has, Hz. */
const rateOf: Readonly<Record<Codec, number>> = { PCMU: 8000, PCMA: 8000, G722: 16_000, OPUS: 48_000, G729: 8000 };
const nameOf = (codec: Codec): string => (codec === 'OPUS' ? 'opus' : codec);

let stage: Stage;
/** Those behind the trunks, by the first two digits of their numbers. */
const carriers = new Map<string, Callee>();
const phones: Phone[] = [];

/** A carrier whose phone is made anew for each call: its calls come at once. */
const takesCalls = async (options: Partial<PhoneOptions> = {}): Promise<Callee & { readonly phone: Phone }> => {
  const phone = await createPhone({ hz: peerHz, ...options });
  phones.push(phone);
  return { ...(await createCallee({ phone })), phone };
};

const trunkTo = (name: string, prefix: string, callee: Callee, media: object) => ({
  name,
  outbound: { address: `${callee.address.host}:${callee.address.port}`, numbers: [{ prefix }], ...media },
});

/** Prefix of the numbers behind which a codec is spoken to a caller of another one. */
const prefixOf = (party: Codec, peer: Codec): string => `8${codecs.indexOf(party)}${codecs.indexOf(peer)}`;

beforeAll(async () => {
  const trunks = [];
  for (const peer of codecs) {
    for (const party of codecs) {
      const prefix = prefixOf(party, peer);
      const callee = await takesCalls({ codec: peer });
      carriers.set(prefix, callee);
      trunks.push(trunkTo(`${party}-${peer}`, prefix, callee, { codecs: [nameOf(peer)] }));
    }
  }
  const secure = await takesCalls({ srtp: 'required' });
  const plain = await takesCalls();
  carriers.set('91', secure).set('92', plain);
  trunks.push(trunkTo('secure', '91', secure, { srtp: 'require' }), trunkTo('plain', '92', plain, { srtp: 'require' }));
  stage = await startStage({ set: { trunks: JSON.stringify(trunks) } });
});

afterAll(async () => {
  await stage.close();
  await Promise.all([...carriers.values()].map((callee) => callee.close()));
  await Promise.all(phones.map((phone) => phone.close()));
});

const bothHear = async (party: Phone, peer: Phone): Promise<void> => {
  await Promise.all([party.waitUntilHears(peerHz, { anew: true }), peer.waitUntilHears(partyHz, { anew: true })]);
};

const carrier = (prefix: string): Callee & { readonly phone: Phone } => {
  const callee = carriers.get(prefix);
  if (!callee) throw new Error(`nobody is behind ${prefix}`);
  return callee as Callee & { readonly phone: Phone };
};

/** A recorded call of a party to a carrier: both hear each other, and the file has each in its channel. */
const bridged = async (party: Codec, peer: Codec): Promise<void> => {
  const number = prefixOf(party, peer);
  stage.host.serve(number, [
    { record_call: { stereo: true } },
    { connect: { to: `${number}000` } },
    { stop_record_call: {} },
    stage.host.tell(number, 'over'),
  ]);
  const callee = carrier(number);
  const call = await stage.dial(number, { codec: party });
  const leg = await callee.nextCall();
  await leg.acknowledged;
  await bothHear(call.phone, callee.phone);
  await call.phone.speakFor(0.6);
  await leg.hangup();
  const { record_call_url, connect_result } = await stage.host.told(number, 'over');
  expect(connect_result).toBe('connected');
  await call.close();
  const file = await stage.download(record_call_url);
  const sound = await decode(file);
  const seen = `${party} -> ${peer}\n${await describeFile(file, [partyHz, peerHz])}`;
  expect(sound.sampleRate, seen).toBe(Math.max(rateOf[party], rateOf[peer]));
  for (const [channel, own, other] of [
    [0, partyHz, peerHz],
    [1, peerHz, partyHz],
  ] as const) {
    const span = toneSpan(sound, channel, own, beginDb);
    expect(span && span.toS - span.fromS, seen).toBeGreaterThan(0.7);
    expect(channelDb(sound, channel, other), seen).toBeLessThan(otherDb);
  }
};

test.each(codecs)('a party with %s talks to a leg of each codec, and both are recorded', async (party) => {
  await Promise.all(codecs.map((peer) => bridged(party, peer)));
});

test('what is above 4 kHz is in the file of who speaks it, and prompts too', async () => {
  await Promise.all(
    (
      [
        ['G722', 5000],
        ['OPUS', 9000],
      ] as const
    ).map(async ([codec, hz]) => {
      const number = `7001${codec}`;
      stage.host.serve(number, [
        { record_call: { stereo: true, format: 'mp3' } },
        { play: stage.host.toneUrl(promptHz, 1.5) },
        { stop_record_call: {} },
        stage.host.tell(number, 'recorded'),
      ]);
      const call = await stage.dial(number, { codec, hz });
      await call.phone.waitUntilHears(promptHz);
      const file = await stage.download((await stage.host.told(number, 'recorded')).record_call_url);
      const sound = await decode(file);
      const seen = await describeFile(file, [hz, promptHz]);
      expect(sound.sampleRate, seen).toBe(rateOf[codec]);
      for (const level of levelsDb(sound, 0, hz, 0.5, 1.2)) expect(level, seen).toBeGreaterThan(heardDb);
      for (const level of levelsDb(sound, 1, promptHz, 0.5, 1.2)) expect(level, seen).toBeGreaterThan(heardDb);
    }),
  );
});

test('a recording of Opus ends with the silence of who speaks it', async () => {
  stage.host.serve('7002', [
    { record: { end_silence_timeout: 0.5, initial_timeout: 3 } },
    stage.host.tell('7002', 'recorded'),
  ]);
  const call = await stage.dial('7002', { codec: 'OPUS' });
  await call.answered;
  await call.phone.speakFor(1);
  call.phone.pause();
  expect(await stage.host.told('7002', 'recorded', 8000)).toBeDefined();
});

test('a party that changes its codec again and again is recorded without a hole', async () => {
  stage.host.serve('7003', [
    { record_call: { direction: 'speak' } },
    stage.host.tell('7003', 'records'),
    { play: stage.host.toneUrl(promptHz, 30) },
  ]);
  const call = await stage.dial('7003');
  await call.phone.waitUntilHears(promptHz);
  for (const codec of ['G729', 'OPUS', 'G722', 'PCMA'] as const) {
    await call.phone.speakFor(0.4);
    await call.phone.use(codec);
    expect((await call.reinvite(call.phone.sdp())).status).toBe(200);
    await call.phone.waitUntilHears(promptHz, { anew: true, forMs: 200 });
  }
  await call.phone.speakFor(0.4);
  await call.hangup();
  const file = await stage.download((await stage.host.told('7003', 'records')).record_call_url);
  const sound = await decode(file);
  const seen = await describeFile(file, [partyHz]);
  expect(sound.sampleRate, seen).toBe(48_000);
  const levels = levelsDb(sound, 0, partyHz, 0.25, sound.durationS - 0.5);
  // Where it has changed and nobody has told us yet, some packets are of a codec that was not agreed.
  expect(levels.filter((level) => level < heardDb - 6).length, `${levels}\n${seen}`).toBeLessThanOrEqual(2);
});

const talksAndHolds = async (call: DialledCall, phone: Phone): Promise<void> => {
  await bothHear(call.phone, phone);
  for (const direction of ['sendonly', 'sendrecv'] as const) {
    call.phone.rekey();
    const { status, sdp } = await call.reinvite(call.phone.sdp(direction));
    expect([status, sdp]).toEqual([200, expect.stringContaining(direction === 'sendonly' ? 'recvonly' : 'sendrecv')]);
    await bothHear(call.phone, phone);
  }
};

test('SRTP of both sides: heard through a hold with new keys, recorded in the clear', async () => {
  stage.host.serve('7004', [
    { record_call: { stereo: true } },
    { connect: { to: '91000' } },
    { stop_record_call: {} },
    stage.host.tell('7004', 'over'),
  ]);
  const callee = carrier('91');
  const call = await stage.dial('7004', { srtp: 'required' });
  const { sdp } = await call.answered;
  expect(sdp).toMatch(/m=audio \d+ RTP\/SAVP .*\r\n/);
  const leg = await callee.nextCall();
  expect(leg.invite.body).toMatch(/m=audio \d+ RTP\/SAVP /);
  await talksAndHolds(call, callee.phone);
  callee.phone.rekey();
  expect((await leg.reinvite(callee.phone.sdp())).status).toBe(200);
  await bothHear(call.phone, callee.phone);
  await leg.hangup();
  const file = await stage.download((await stage.host.told('7004', 'over')).record_call_url);
  const sound = await decode(file);
  const seen = await describeFile(file, [partyHz, peerHz]);
  expect(toneSpan(sound, 0, partyHz, heardDb) && toneSpan(sound, 1, peerHz, heardDb), seen).toBeDefined();
  for (const [channel, other] of [
    [0, peerHz],
    [1, partyHz],
  ] as const) {
    expect(channelDb(sound, channel, other), seen).toBeLessThan(otherDb);
  }
});

test('what cannot be is refused with what is wrong, and a script goes on after it', async () => {
  const noCommon = await takesCalls({ codec: 'G722' });
  carriers.set('no common codec', noCommon);
  stage.host.serve('7005', [
    { connect: { to: '92000' } },
    stage.host.tell('7005', 'no SRTP'),
    { connect: { to: noCommon.uri } },
    stage.host.tell('7005', 'no codec'),
    { play: stage.host.toneUrl(promptHz, 1) },
  ]);
  const call = await stage.dial('7005');
  for (const what of ['no SRTP', 'no codec']) {
    const told = await stage.host.told('7005', what);
    expect([told.connect_result, told.connect_failed_reason], what).toEqual(['failed', 'error']);
  }
  await call.phone.waitUntilHears(promptHz);

  const changes: readonly [(sdp: string) => string, string][] = [
    [(sdp) => sdp.replace(/AES_\w+/, 'FOO_128'), 'no usable key of FOO_128'],
    [(sdp) => sdp.replace(/AVP 0 101/, 'AVP 3 101'), 'usable are PCMU, PCMA, G722, opus, G729'],
    [() => 'v=0\r\nwhat is this?\r\n', 'no audio stream'],
  ];
  for (const [change, why] of changes) {
    const refused = await stage.dial('7005', { srtp: 'required', sdp: change });
    expect(await refused.final).toBe(488);
    expect(refused.messages.join('\n')).toMatch(new RegExp(`Warning: .*${why}`));
    await refused.answered.catch(() => undefined);
  }
});
