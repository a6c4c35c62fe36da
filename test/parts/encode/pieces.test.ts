import { existsSync } from 'node:fs';
import { appendFile, readdir, readFile, rm, truncate } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { encodeRecording } from '../../../src/recorder/encode/job.ts';
import type { EncodeParts } from '../../../src/recorder/encode/parts.ts';
import { createPieces, type Pieces } from '../../../src/recorder/encode/pieces.ts';
import type { Format } from '../../../src/recorder/recording/parameters.ts';
import { journalPath } from '../../../src/recorder/spool/layout.ts';
import { firstDifference } from '../../unit/track/render.ts';
import { startNode, type TestNode } from './node.ts';
import { readChannels } from './read-sound.ts';
import { stopToneSpool } from './tone-spool.ts';

let node: TestNode;
const opened: Pieces[] = [];
beforeAll(async () => {
  node = await startNode();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((pieces) => pieces.close()));
});
afterAll(() => node.close());

const pieceMs = 5000;
const lengthMs = 40_000;
const startMs = 100;

const newPieces = (): { parts: EncodeParts; pieces: Pieces } => {
  const alone = { ...node.parts, pieceMs };
  const pieces = createPieces(alone, new AbortController().signal);
  opened.push(pieces);
  return { parts: { ...alone, pieces }, pieces };
};

const fileOf = async (recordingId: string): Promise<string> =>
  (await node.registry.get(recordingId))?.file ?? 'no file';

/** The same call with the same names in it, so that the bytes of both files can be the same. */
const record = (format: Format, crashed: boolean) =>
  node.record({
    record: { format, call_id: 'call', control_id: `control-${format}`, start_time: 1_700_000_000 },
    lengthMs,
    startMs,
    crashed,
  });

const started = async (format: Format) => record(format, true);

/** Sound alone: the name of the recording in its head is another one. */
const soundIn = async (file: string): Promise<Int16Array[]> => readChannels(file, 2, 8000);

const atOnce = async (format: Format): Promise<string> => {
  const { recording_id } = await record(format, false);
  await encodeRecording({ ...node.parts, pieceMs }, recording_id);
  return fileOf(recording_id);
};

const scratchOf = async (recordingId: string): Promise<string[]> =>
  (await readdir(node.storageRoot, { recursive: true })).filter((name) => name.includes(`.${recordingId}`));

test.each(['wav', 'mp3', 'mp4'] as const)(
  '%s: a file that was begun while its recording lasted is the one that is made at its end',
  async (format) => {
    const { recording_id, dir } = await started(format);
    const { parts, pieces } = newPieces();
    for (const untilMs of [9_000, 16_500, 31_000, 33_000]) {
      while ((await pieces.advance(recording_id, untilMs)) === 'more');
    }
    expect(pieces.count()).toBe(1);
    expect(await scratchOf(recording_id)).toHaveLength(1);
    await stopToneSpool(dir, startMs + lengthMs);
    // A piece that comes too late, of another worker, does no harm.
    await newPieces().pieces.advance(recording_id, 35_000);
    expect(await encodeRecording(parts, recording_id)).toBe('stored');
    expect(await node.registry.get(recording_id)).toMatchObject({ state: 'finished', duration: lengthMs / 1000 });
    expect(pieces.count()).toBe(0);
    expect(existsSync(dir)).toBe(false);
    expect(await scratchOf(recording_id)).toEqual([]);
    const [pieced, whole] = [await soundIn(await fileOf(recording_id)), await soundIn(await atOnce(format))];
    expect(pieced.map((samples, channel) => firstDifference(samples, whole[channel] ?? new Int16Array()))).toEqual([
      -1, -1,
    ]);
  },
);

test.each(['wav', 'mp3'] as const)('%s: only what is not in the file yet is left to do at the end', async (format) => {
  const { recording_id, dir } = await started(format);
  const { pieces } = newPieces();
  while ((await pieces.advance(recording_id, 33_000)) === 'more');
  await stopToneSpool(dir, startMs + lengthMs);
  const work = await pieces.take(recording_id);
  // 7 s of what arrived are not final, and MP3 is made in parts of 5 s.
  expect((work?.frames ?? 0) / 8000).toBeGreaterThan(format === 'wav' ? 24 : 20);
  expect(await pieces.take(recording_id)).toBeUndefined();
  await work?.discard();
  expect(await scratchOf(recording_id)).toEqual([]);
});

const spoilt: readonly { what: string; spoil: (dir: string, scratch: string) => Promise<unknown> }[] = [
  {
    what: 'a line of the journal that came too late',
    spoil: (dir) =>
      appendFile(journalPath(dir), '{"event":"masked","t":30000,"track":"speak","from":5000,"to":29000}\n'),
  },
  { what: 'a scratch file that somebody has removed', spoil: (_dir, scratch) => rm(scratch) },
  { what: 'a scratch file that somebody has cut', spoil: (_dir, scratch) => truncate(scratch, 20_000) },
];

test.each(spoilt.flatMap((how) => (['wav', 'mp3'] as const).map((format) => ({ ...how, format }))))(
  '$format: $what costs time and nothing else',
  async ({ spoil, format }) => {
    const { recording_id, dir } = await started(format);
    const { parts, pieces } = newPieces();
    while ((await pieces.advance(recording_id, 33_000)) === 'more');
    const [scratch = ''] = await scratchOf(recording_id);
    await spoil(dir, join(node.storageRoot, scratch));
    await stopToneSpool(dir, startMs + lengthMs);
    await encodeRecording(parts, recording_id).catch(() => encodeRecording(parts, recording_id));
    expect(await node.registry.get(recording_id)).toMatchObject({ state: 'finished', duration: lengthMs / 1000 });
    const [left = new Int16Array(), right = new Int16Array()] = await soundIn(await fileOf(recording_id));
    expect([left.length, right.length]).toEqual([lengthMs * 8, lengthMs * 8]);
    expect(right.subarray(8000, 32_000).some((sample) => sample !== 0)).toBe(true);
    expect(await scratchOf(recording_id)).toEqual([]);
  },
);

test('a recording whose journal contradicts itself while it lasts is begun anew, a few times', async () => {
  const { recording_id, dir } = await started('mp3');
  const { pieces } = newPieces();
  for (let i = 0; i < 6; i++) {
    while ((await pieces.advance(recording_id, 33_000)) === 'more');
    await appendFile(journalPath(dir), '{"event":"masked","t":30000,"track":"speak","from":5000,"to":29000}\n');
  }
  const work = await pieces.take(recording_id);
  expect(work).toBeUndefined();
  expect(await scratchOf(recording_id)).toEqual([]);
});

test('a worker that dies leaves a scratch file, which goes when the next one begins', async () => {
  const { recording_id, dir } = await started('wav');
  const folder = join(node.storageRoot, '2023/11/14');
  await newPieces().pieces.advance(recording_id, 20_000);
  const [scratch = ''] = await scratchOf(recording_id);
  // Its name tells whose it is: nobody has this process id.
  const dead = join(folder, `.${recording_id}.wav.4194999-00000000-0000.part`);
  await appendFile(dead, 'half');
  await stopToneSpool(dir, startMs + lengthMs);
  expect(dirname(join(node.storageRoot, scratch))).toBe(folder);
  await encodeRecording(node.parts, recording_id);
  expect((await readdir(folder)).filter((name) => name.includes(recording_id) && name.endsWith('.part'))).toEqual([
    scratch.slice('2023/11/14/'.length),
  ]);
  expect((await readFile(await fileOf(recording_id))).length).toBeGreaterThan(lengthMs * 32);
});

test('files whose recordings somebody else has finished, and those of a worker that closes, are removed', async () => {
  const { recording_id } = await started('wav');
  const { pieces } = newPieces();
  await pieces.advance(recording_id, 20_000);
  expect(await scratchOf(recording_id)).toHaveLength(1);
  await pieces.close();
  expect(await scratchOf(recording_id)).toEqual([]);
});

test('a recording that has not begun, has ended or is unknown has no pieces', async () => {
  const { pieces } = newPieces();
  const ended = await record('wav', false);
  expect(await pieces.advance(ended.recording_id, 20_000)).toBe('done');
  expect(await pieces.advance('00000000-0000-4000-8000-000000000000', 20_000)).toBe('done');
  expect(await pieces.take(ended.recording_id)).toBeUndefined();
});
