import { readdir, writeFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readWavHeader } from '../../src/recorder/encode/wav.ts';
import { decode, levelsDb, toneSpan } from '../kit/files.ts';
import type { ScriptStep } from '../kit/script-host.ts';
import { type DialledCall, type Stage, startStage } from '../kit/stage.ts';
import { eventually } from '../parts/eventually.ts';
import { goertzelDb } from '../sound/tone.ts';

const longNumber = '2000';
const spokenHz = 440;
const laterHz = 1250;
/** What is promised, and what a machine that runs all of the test beside it may be late. */
const behindMs = 1000 + 250;
/** A listener gets a recording from its begin to its end, but for the jitter that it cannot wait for. */
const lengthToleranceMs = 150;

let stage: Stage;
let long: DialledCall;
beforeAll(async () => {
  stage = await startStage({ set: { 'http.live_listeners': '4', 'encode.piece': '10s' } });
  // Meanwhile, one that lasts for longer than a piece.
  stage.host.serve(longNumber, [
    record(longNumber, { format: 'mp3' }),
    { play: 'silence:28' },
    { stop_record_call: {} },
  ]);
  long = await stage.dial(longNumber, { hz: spokenHz });
});
afterAll(() => stage.close());

const record = (control_id: string, more: Readonly<Record<string, unknown>> = {}): ScriptStep => ({
  record_call: { control_id, stereo: true, status_url: stage.sink.url, ...more },
});

const answerOf = (url: string): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => get(url, resolve).on('error', reject));

/** Somebody who listens to a WAV stream, and notes when each part of it came. */
const listen = async (url: string) => {
  const answer = await answerOf(url);
  const parts: { readonly atMs: number; readonly bytes: Buffer }[] = [];
  answer.on('data', (bytes: Buffer) => parts.push({ atMs: performance.now(), bytes }));
  const ended = new Promise<void>((resolve, reject) => answer.once('end', resolve).once('error', reject));
  const bytes = (): Buffer => Buffer.concat(parts.map((part) => part.bytes));
  return {
    status: answer.statusCode,
    type: answer.headers['content-type'],
    ended,
    /** The samples of the left channel, the party's, so far. */
    speak(): Int16Array {
      const all = bytes();
      const header = readWavHeader(all);
      if (header === undefined) return new Int16Array();
      const sound = all.subarray(header.dataOffset);
      return Int16Array.from({ length: Math.floor(sound.length / 4) }, (_, i) => sound.readInt16LE(4 * i));
    },
  };
};

const codeOf = async (refused: Response): Promise<string> => ((await refused.json()) as { code: string }).code;

const seconds = (samples: Int16Array): number => samples.length / 8000;

/** True if the last `ms` of the samples are the tone. */
const endsIn = (samples: Int16Array, hz: number, ms: number): boolean =>
  samples.length > ms * 8 && goertzelDb(samples.subarray(-ms * 8), 8000, hz) > -15;

const until = async (what: string, met: () => boolean): Promise<void> => {
  const deadline = performance.now() + 15_000;
  while (!met()) {
    if (performance.now() > deadline) throw new Error(`not within 15 s: ${what}`);
    await sleep(10);
  }
};

test('a recording in progress is heard from its begin or from now on, less than a second behind, until it ends', async () => {
  const { host, sink } = stage;
  const number = '1000';
  host.serve(number, [
    ...[record(number), host.tell(number, 'begun'), { play: 'silence:6' }],
    ...[{ stop_record_call: {} }, { play: 'silence:1' }],
  ]);
  const made = await stage.dial(number, { hz: spokenHz });
  const { record_call_url: url } = await host.told(number, 'begun');
  await made.phone.speakFor(1.5);

  const [fromStart, fromNow, mp3] = await Promise.all([
    listen(`${url}&live`),
    listen(`${url}&live&from=now`),
    answerOf(`${url}&live=1&format=mp3`),
  ]);
  expect([fromStart.status, fromStart.type, fromNow.status, mp3.statusCode, mp3.headers['content-type']]).toEqual([
    ...[200, 'audio/wav', 200, 200, 'audio/mpeg'],
  ]);
  const mp3Bytes: Buffer[] = [];
  const mp3Ended = new Promise((resolve) => mp3.on('data', (bytes) => mp3Bytes.push(bytes)).once('end', resolve));

  // One who takes nothing, and one too many.
  const idle = await answerOf(`${url}&live`);
  const refused = await fetch(`${url}&live`);
  expect([refused.status, await codeOf(refused)]).toEqual([503, 'live_limit']);

  await until('the listener hears the caller', () => endsIn(fromNow.speak(), spokenHz, 200));
  const saidAtMs = performance.now();
  made.phone.say(laterHz);
  await until('the listener hears the new tone', () => endsIn(fromNow.speak(), laterHz, 60));
  const behind = performance.now() - saidAtMs - 60;
  expect(behind).toBeLessThan(behindMs);
  await until('the other one does as well', () => endsIn(fromStart.speak(), laterHz, 60));

  const { params } = await sink.waitForState(number, 'finished');
  await Promise.all([fromStart.ended, fromNow.ended, mp3Ended]);
  const lengthMs = (params.duration ?? 0) * 1000;
  expect(Math.abs(seconds(fromStart.speak()) * 1000 - lengthMs)).toBeLessThan(lengthToleranceMs);
  expect(seconds(fromNow.speak()) * 1000).toBeLessThan(lengthMs - 1000);
  expect(endsIn(fromNow.speak().subarray(0, -800), laterHz, 500)).toBe(true);
  const heard = join(await stage.download(url), '../live.mp3');
  await writeFile(heard, Buffer.concat(mp3Bytes));
  const sound = await decode(heard);
  expect(toneSpan(sound, 0, spokenHz)).toBeDefined();
  expect(toneSpan(sound, 0, laterHz)).toBeDefined();
  idle.destroy();

  // It has ended: what is asked for is the file.
  const file = await fetch(`${url}&live`);
  expect(Number(file.headers.get('content-length'))).toBe(params.size);
  await file.body?.cancel();
  await made.ended;
});

test('a recording that masks digits is not heard before it has ended', async () => {
  const { host, sink } = stage;
  const number = '1001';
  host.serve(number, [
    ...[record(number, { mask_digits: true }), host.tell(number, 'begun'), { play: 'silence:2' }],
    { stop_record_call: {} },
  ]);
  await stage.dial(number);
  const { record_call_url: url } = await host.told(number, 'begun');
  const refused = await fetch(`${url}&live`);
  expect([refused.status, await codeOf(refused)]).toEqual([409, 'live_refused']);
  await sink.waitForState(number, 'finished');
});

test('the file of a call that lasts is begun before its end, and is the whole of it', async () => {
  const { server, sink } = stage;
  const id = (await sink.waitForState(longNumber, 'recording')).params.recording_id;
  const recordings = join(server.dataDir, 'recordings');
  const partOf = async (): Promise<string | undefined> =>
    (await readdir(recordings, { recursive: true })).find((name) => name.includes(`.${id}.`) && name.endsWith('.part'));
  let part: string | undefined;
  while (part === undefined && !sink.eventsOf(longNumber).some(({ params }) => params.state === 'finished')) {
    part = await partOf();
    await sleep(100);
  }
  expect(part, 'a scratch file while it lasts').toBeDefined();
  const { params } = await sink.waitForState(longNumber, 'finished', 40_000);
  expect(await long.ended).toBe('server');
  await eventually('no scratch file, nor one of a manifest', async () => (await partOf()) === undefined);
  const sound = await decode(await stage.download(params.url));
  expect(Math.abs(sound.durationS - (params.duration ?? 0))).toBeLessThan(0.001);
  // No joint and nothing else breaks the tone.
  const span = toneSpan(sound, 0, spokenHz);
  const levels = levelsDb(sound, 0, spokenHz, (span?.fromS ?? 0) + 0.1, (span?.toS ?? 0) - 0.1);
  expect(levels.length).toBeGreaterThan(4 * 25);
  expect(Math.min(...levels)).toBeGreaterThan(-13);
}, 90_000);
