import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
// Its worker is a process and its capture has threads: they run as built.
import { createRecorder, type Recorder } from '../../../dist/recorder/index.js';
import { readJournal } from '../../../src/recorder/spool/journal-file.ts';
import { journalPath } from '../../../src/recorder/spool/layout.ts';
import { createRtpengine } from '../../../src/rtpengine/rtpengine.ts';
import { parseAudio } from '../../../src/sdp/audio.ts';
import { channelDb, decode, describe } from '../../kit/files.ts';
import { createOutsideRtpengine, type OutsidePart } from '../../kit/outside-parts.ts';
import { createPhone, type Phone } from '../../kit/phone.ts';
import { startRedis, type TestRedis } from '../redis.ts';

const [partyHz, peerHz] = [440, 900];
const log = pino({ level: 'silent' });
const call = { callId: 'call-1', partyTag: 'a', peerTag: 'b', from: 'alice', to: 'bob' };

let dir: string;
let redis: TestRedis;
let engine: OutsidePart;
let one: Recorder;
let other: Recorder;
let phones: readonly Phone[];

const optionsOf = (node: string) => ({ redis: redis.url, rtpengine: engine.address, dir, node, log });

/** A call of somebody's own: two phones, and rtpengine between them. */
const bridge = async (): Promise<readonly Phone[]> => {
  const [party, peer] = await Promise.all([createPhone({ hz: partyHz }), createPhone({ hz: peerHz })]);
  const [host = '', port] = engine.address.split(':');
  const rtpengine = createRtpengine({ address: { host, port: Number(port) }, log });
  const ids = { 'call-id': call.callId, 'from-tag': call.partyTag };
  const offer = await rtpengine.command('offer', { ...ids, sdp: party.sdp() });
  const answer = await rtpengine.command('answer', { ...ids, 'to-tag': call.peerTag, sdp: peer.sdp() });
  rtpengine.close();
  for (const [phone, sdp] of [
    [party, answer.sdp],
    [peer, offer.sdp],
  ] as const) {
    const media = parseAudio(sdp ?? '');
    phone.startSending(media.address, media.port);
  }
  await party.waitUntilHears(peerHz);
  return [party, peer];
};

beforeAll(async () => {
  [dir, redis, engine] = await Promise.all([
    mkdtemp(join(tmpdir(), 'sipreel-plugin-')),
    startRedis(),
    createOutsideRtpengine(),
  ]);
  await engine.start();
  [one, other, phones] = await Promise.all([
    createRecorder({ ...optionsOf('one'), maxRecordings: 1 }),
    createRecorder({ ...optionsOf('other/2'), worker: false }),
    bridge(),
  ]);
});

afterAll(async () => {
  for (const phone of phones) phone.stop();
  await Promise.all([one.close(), other.close()]);
  await Promise.all([...phones.map((phone) => phone.close()), engine.close()]);
  await redis.stop();
  await rm(dir, { recursive: true, force: true });
});

test('what cannot be recorded is refused, with the value at fault', async () => {
  const refused = async (work: Promise<unknown>, code: string, message: string) =>
    expect(work).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  await refused(createRecorder(optionsOf('one')), 'node_taken', '"one"');
  await refused(createRecorder({ ...optionsOf('x'), rtpengine: 'nowhere' }), 'plugin_options_invalid', '"nowhere"');
  await refused(createRecorder({ ...optionsOf('x'), redis: 'http://a' }), 'redis_url_invalid', 'http://a');
  await refused(one.start(call, { beep: true }), 'beep_not_sent', 'beep');
  await refused(one.start(call, { max_length: -1 }), 'recording_parameters_invalid', 'max_length');
  await refused(one.start({ ...call, callId: 'nobody' }), 'fork_refused', 'does not know the call');
  await refused(one.start({ ...call, partyTag: 'c' }), 'rtpengine_refused', 'no such tag');
  expect(one.active()).toEqual([]);
});

test('a recording is found, paused and stopped by its own process and by another one, and deleted', async () => {
  const recording = await one.start(call, { stereo: true, control_id: 'greeting' });
  await expect(one.start(call)).rejects.toMatchObject({ code: 'recordings_limit' });
  expect(one.find(call.callId, 'greeting')?.id).toBe(recording.id);
  expect(one.active()).toHaveLength(1);
  const turns: string[] = [];
  recording.watch((turn) => turns.push(turn));

  await phones[0]?.speakFor(0.6);
  const named = { callId: call.callId, controlId: 'greeting' };
  expect(await other.pause(named, 'silence')).toMatchObject({ result: 'paused' });
  expect(await other.get(recording.id)).toMatchObject({ state: 'paused', node_id: 'one', from: 'alice' });
  expect(await recording.pause()).toMatchObject({ state: 'paused', changed: false });
  await recording.resume();
  expect(turns).toEqual(['paused', 'recording']);
  await phones[0]?.speakFor(0.6);
  expect(await other.stop({ recordingId: recording.id })).toMatchObject({ result: 'stopped', end_reason: 'stop' });
  expect(await recording.captured).toBe('stop');
  const record = await recording.ended({ timeoutMs: 20_000 });
  expect(record).toMatchObject({ state: 'finished', url: `urn:uuid:${recording.id}` });

  const file = record?.file ?? '';
  const print = await describe(file, [partyHz, peerHz]);
  const sound = await decode(file);
  for (const [channel, own, others] of [
    [0, partyHz, peerHz],
    [1, peerHz, partyHz],
  ] as const) {
    expect(channelDb(sound, channel, own, 0.1, 0.5), print).toBeGreaterThan(-30);
    expect(channelDb(sound, channel, others, 0.1, 0.5), print).toBeLessThan(-60);
  }
  await other.delete(recording.id);
  await expect(stat(file)).rejects.toMatchObject({ code: 'ENOENT' });
  expect(await one.get(recording.id)).toBeUndefined();
});

test('its end finishes what runs, and leaves neither spool nor secret', async () => {
  const recording = await one.start(call, { format: 'mp3' });
  const config = (await readdir(dir)).filter((name) => name.startsWith('worker-'));
  expect(config).toEqual(['worker-one.json']);
  expect((await stat(join(dir, 'worker-one.json'))).mode & 0o777).toBe(0o600);
  await phones[0]?.speakFor(0.3);
  await one.close();
  expect(await other.get(recording.id)).toMatchObject({ state: 'finished', end_reason: 'hangup' });
  expect(await readdir(join(dir, 'spool'))).toEqual([]);
  expect((await readdir(dir)).filter((name) => name.startsWith('worker-'))).toEqual([]);
  await expect(one.start(call)).rejects.toMatchObject({ code: 'draining' });
});

test('its end ends what was just being started, too', async () => {
  const third = await createRecorder({ ...optionsOf('third'), worker: false });
  const starting = third.start(call);
  await third.close();
  const recording = await starting;
  expect(await recording.captured).toBe('hangup');
  const { entries } = await readJournal(journalPath(join(dir, 'spool', recording.id)));
  expect(entries.find(({ event }) => event === 'stopped')).toMatchObject({ reason: 'hangup' });
});
