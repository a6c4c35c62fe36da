import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decode, describe as describeFile, levelsDb, probe } from '../kit/files.ts';
import { type DialledCall, type Stage, startStage } from '../kit/stage.ts';
import { createStatusSink, type StatusSink } from '../kit/status-sink.ts';

/** The caller's voice; no prompt of espeak-ng holds a tone. */
const voiceHz = 440;
/** How long the two longer samples record: the prompt and silence:10. */
const leastMessageS = 10;

const scripts = fileURLToPath(new URL('../../config/scripts/', import.meta.url));
const samples = ['record-mp3', 'leave-message', 'leave-message-speak'];

let stage: Stage;
/** Where the events of all recordings go; none of these has a status_url. */
let sink: StatusSink;

beforeAll(async () => {
  sink = await createStatusSink();
  stage = await startStage({
    set: { 'events.url': sink.url },
    routes: () => samples.map((name) => ({ to: name, script: join(scripts, `${name}.yaml`) })),
  });
});

afterAll(async () => {
  await stage.close();
  await sink.close();
});

/** The line of the log with which the call's recording ended. */
const storedBy = async (made: DialledCall): Promise<string> => {
  const callId = await stage.callIdOf(made);
  const line = await stage.server.waitForLog(
    `the end of the recording of ${callId}`,
    ({ msg, call_id }) => msg === 'recording stored' && call_id === callId,
    40_000,
  );
  expect(line).toMatchObject({ state: 'finished' });
  const told = (state: string) => (post: { readonly body: string }) =>
    post.body.includes(`"event_id":"${line.recording_id}.${state}"`);
  await sink.waitFor('the end at events.url', told('finished'));
  expect(sink.posts.findIndex(told('recording'))).toBeLessThan(sink.posts.findIndex(told('finished')));
  expect(sink.posts.some(told('recording'))).toBe(true);
  return String(line.recording_id);
};

/** The sample of a voice mail: the caller says something for as long as it is recorded and then listens. */
const leaveMessage = async (name: string): Promise<string> => {
  const made = await stage.dial(name, { hz: voiceHz });
  const { phone } = made;
  await made.answered;
  await phone.waitUntilHears(1000, { forMs: 300 }); // The beep.
  const recordingId = await storedBy(made);
  const heardBeforeDb = phone.heardDb(voiceHz);
  expect(heardBeforeDb, 'the caller hears itself before the playback').toBeLessThan(-50);
  phone.say(0);
  await phone.waitUntilHears(voiceHz, { forMs: (leastMessageS - 1) * 1000, timeoutMs: 30_000 });
  expect(await made.ended).toBe('server');
  return stage.download(`${stage.server.http}/recordings/${recordingId}.wav`);
};

test.concurrent('record_call alone leaves a valid MP3 file, however short the call', async () => {
  const made = await stage.dial('record-mp3');
  expect((await made.answered).status).toBe(200);
  expect(await made.ended).toBe('server');
  const file = await stage.download(`${stage.server.http}/recordings/${await storedBy(made)}.mp3`);
  const facts = await probe(file);
  expect(facts).toMatchObject({ format: 'mp3', codec: 'mp3', channels: 1 });
  expect((await decode(file)).durationS).toBeLessThan(1);
});

test.concurrent.each(['leave-message', 'leave-message-speak'])(
  '%s: the caller is told to speak, and hears its own message back',
  async (name) => {
    const file = await leaveMessage(name);
    const sound = await decode(file);
    const story = await describeFile(file, [voiceHz]);
    expect(sound.channels, story).toHaveLength(1);
    expect(sound.durationS, story).toBeGreaterThan(leastMessageS);
    const levels = levelsDb(sound, 0, voiceHz, 0.1, -0.1);
    expect(Math.min(...levels), `the caller's voice breaks off; ${story}`).toBeGreaterThan(-14);
  },
);
