import { afterAll, beforeAll, expect, test } from 'vitest';
import { channelDb, type DecodedFile, decode, describe as describeFile, toneSpan } from '../kit/files.ts';
import { partsOf, udpSocketsOf, waitForNoCalls, waitForNoRecordings } from '../kit/leftovers.ts';
import { createPhone, type Phone, type PhoneOptions } from '../kit/phone.ts';
import { type Callee, type CalleeOptions, createCallee } from '../kit/sip-callee.ts';
import { type Stage, startStage } from '../kit/stage.ts';
import { eventually } from '../parts/eventually.ts';

/** One of the two tones of ring:us; the other, 440 Hz, is nobody's own. */
const ringingHz = 480;
const partyHz = 310;
/** The party after it has moved to another phone and codec. */
const movedHz = 700;
const earlyHz = 1600;
const peerHz = 900;
const holdMusicHz = 1150;
const promptHz = 1350;
/** What of one tone may be in the channel of the other direction. */
const silentDb = -55;
/** Where one tone breaks off, 20 ms of it have a little of every other. */
const aboveDb = -26;
/** Two tones that follow each other may share a window of the search and the packets of a change. */
const overlapS = 0.06;

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
const takesCalls = async (
  how: Omit<CalleeOptions, 'phone'>,
  sound: PhoneOptions,
): Promise<Callee & { readonly phone: Phone }> => {
  const phone = await newPhone(sound);
  const callee = await createCallee({ ...how, phone });
  opened.push(callee);
  return { ...callee, phone };
};

/** The tones of one channel, each where it is first and last heard, in the order of their begins. */
const storyOf = (sound: DecodedFile, channel: number, tones: readonly number[]) =>
  tones
    .flatMap((hz) => {
      const span = toneSpan(sound, channel, hz, aboveDb);
      return span ? [{ hz, ...span }] : [];
    })
    .sort((one, other) => one.fromS - other.fromS);

test('one call through all that happens to it: ringing, early media, hold, another codec, BYE and a prompt, in three recordings', async () => {
  const callee = await takesCalls({ earlyMedia: true, ringMs: 1500 }, { hz: earlyHz });
  const record = (direction: string) => ({
    record_call: { control_id: direction, direction, stereo: direction === 'both', status_url: stage.sink.url },
  });
  stage.host.serve('all', [
    ...['speak', 'listen', 'both'].map(record),
    { play: stage.host.toneUrl(ringingHz, 0.6) },
    { connect: { to: callee.uri } },
    { play: stage.host.toneUrl(promptHz, 0.8) },
  ]);
  const party = await stage.dial('all', { hz: partyHz });
  await party.phone.waitUntilHears(earlyHz);
  const leg = await callee.nextCall();
  await leg.acknowledged;
  callee.phone.say(peerHz);
  await Promise.all([party.phone.waitUntilHears(peerHz), callee.phone.waitUntilHears(partyHz)]);

  expect((await leg.reinvite(callee.phone.sdp('sendonly'))).status).toBe(200);
  callee.phone.say(holdMusicHz);
  await party.phone.waitUntilHears(holdMusicHz);
  callee.phone.say(peerHz);
  expect((await leg.reinvite(callee.phone.sdp())).status).toBe(200);
  await party.phone.waitUntilHears(peerHz);

  const moved = await newPhone({ hz: movedHz, codec: 'PCMA' });
  party.phone.stop();
  const answer = await party.reinvite(moved.sdp());
  moved.startSending(answer.rtp.address, answer.rtp.port);
  await Promise.all([moved.waitUntilHears(peerHz), callee.phone.waitUntilHears(movedHz)]);

  await leg.hangup();
  await moved.waitUntilHears(promptHz);
  expect(await party.ended).toBe('server');
  moved.stop();

  const heard = [ringingHz, earlyHz, peerHz, holdMusicHz, promptHz];
  const said = [partyHz, movedHz];
  const recordings = await Promise.all(
    ['speak', 'listen', 'both'].map(async (controlId) => {
      const { params } = await stage.sink.waitForState(controlId, 'finished');
      const file = await stage.download(params.url);
      return { sound: await decode(file), seen: await describeFile(file, [...said, ...heard]) };
    }),
  );
  const [speak, listen, both] = recordings;
  if (!speak || !listen || !both) throw new Error('three recordings were made');
  expect([speak, listen, both].map(({ sound }) => sound.channels.length)).toEqual([1, 1, 2]);
  for (const [{ sound, seen }, channel] of [
    [speak, 0],
    [both, 0],
  ] as const) {
    const story = storyOf(sound, channel, said);
    expect(
      story.map(({ hz }) => hz),
      seen,
    ).toEqual(said);
    expect(story[0]?.fromS, seen).toBeLessThan(0.3);
    expect(story[0]?.toS, seen).toBeLessThan((story[1]?.fromS ?? 0) + overlapS);
    expect(story[1]?.toS, seen).toBeGreaterThan(sound.durationS - 0.3);
    for (const hz of heard) expect(channelDb(sound, channel, hz), `${hz} Hz; ${seen}`).toBeLessThan(silentDb);
  }
  for (const [{ sound, seen }, channel] of [
    [listen, 0],
    [both, 1],
  ] as const) {
    const story = storyOf(sound, channel, heard);
    // The peer is heard around its music on hold.
    expect(
      story.map(({ hz }) => hz),
      seen,
    ).toEqual(heard);
    const [ringing, early, peer, music, prompt] = story;
    expect(ringing?.toS, seen).toBeLessThan((early?.fromS ?? 0) + overlapS);
    expect(early?.toS, seen).toBeLessThan((peer?.fromS ?? 0) + overlapS);
    expect(music?.toS, seen).toBeLessThan(peer?.toS ?? 0);
    expect(peer?.toS, seen).toBeLessThan((prompt?.fromS ?? 0) + overlapS);
    for (const hz of said) expect(channelDb(sound, channel, hz), `${hz} Hz; ${seen}`).toBeLessThan(silentDb);
  }
  // Neither end was asked for anything: a bridge renegotiates nothing.
  expect(party.requests.map(({ method }) => method)).toEqual(['BYE']);
  expect(leg.requests).toEqual([]);
});

const calls = 30;
const talkS = 1.5;
/** No two of them alike, and no two a harmonic's width apart. */
const tonesOf = (i: number) => ({ partyAt: 310 + 41 * i, peerAt: 1720 + 41 * i });

test('30 bridged calls at once, each recorded, and nothing is left of them', async () => {
  const socketsBefore = await udpSocketsOf(stage.server.pid);
  const talk = async (i: number) => {
    const { partyAt, peerAt } = tonesOf(i);
    const name = `bridged-${i}`;
    const callee = await takesCalls({ ringMs: 20 * i }, { hz: peerAt });
    stage.host.serve(name, [
      { record_call: { control_id: name, stereo: true, status_url: stage.sink.url } },
      { connect: { to: callee.uri } },
      { stop_record_call: {} },
    ]);
    const party = await stage.dial(name, { hz: partyAt });
    const leg = await callee.nextCall(15_000);
    await leg.acknowledged;
    await Promise.all([
      party.phone.waitUntilHears(peerAt, { timeoutMs: 15_000 }),
      callee.phone.waitUntilHears(partyAt, { timeoutMs: 15_000 }),
    ]);
    return { name, party, leg, phones: [party.phone, callee.phone] };
  };
  const talking = await Promise.all(Array.from({ length: calls }, (_, i) => talk(i)));
  const health = (await (await fetch(`${stage.server.http}/healthz`)).json()) as Record<string, unknown>;
  expect(health).toMatchObject({ calls, recordings: calls });
  await Promise.all(talking.flatMap(({ phones }) => phones.map((phone) => phone.speakFor(talkS))));
  // Half of them are hung up by the party, half by the peer, some by both at once.
  await Promise.all(
    talking.map(({ party, leg }, i) =>
      Promise.all([...(i % 2 === 0 ? [party.hangup()] : []), ...(i % 3 === 0 || i % 2 === 1 ? [leg.hangup()] : [])]),
    ),
  );
  await Promise.all(talking.map(({ party }) => party.ended));

  const expectBothSides = async (name: string, { partyAt, peerAt }: ReturnType<typeof tonesOf>): Promise<void> => {
    const { params } = await stage.sink.waitForState(name, 'finished', 20_000);
    const file = await stage.download(params.url);
    const sound = await decode(file);
    const seen = await describeFile(file, [partyAt, peerAt]);
    for (const [channel, own, other] of [
      [0, partyAt, peerAt],
      [1, peerAt, partyAt],
    ] as const) {
      const span = toneSpan(sound, channel, own, aboveDb);
      expect((span?.toS ?? 0) - (span?.fromS ?? 0), `${name}: ${seen}`).toBeGreaterThan(talkS - 0.1);
      expect(channelDb(sound, channel, other), `${name}: ${seen}`).toBeLessThan(silentDb);
    }
  };
  await Promise.all(talking.map(({ name }, i) => expectBothSides(name, tonesOf(i))));

  const { rtpengine, redis } = partsOf(stage.server);
  await waitForNoCalls(rtpengine);
  await waitForNoRecordings(redis);
  await eventually(
    `as many sockets as before, ${socketsBefore}`,
    async () => (await udpSocketsOf(stage.server.pid)) === socketsBefore,
  );
});
