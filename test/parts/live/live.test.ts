import { randomUUID } from 'node:crypto';
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { createLive, type LiveOptions } from '../../../dist/recorder/live/live.js';
import { createLog } from '../../../src/log.ts';
import { readWavHeader } from '../../../src/recorder/encode/wav.ts';
import { trackPath } from '../../../src/recorder/spool/layout.ts';
import { recordHeaderBytes, rtpdumpHeader, writeRecordHeader } from '../../../src/recorder/spool/rtpdump.ts';
import { createSpool, removeSpool } from '../../../src/recorder/spool/spool.ts';
import { encodePcmu } from '../../../src/rtp/g711.ts';
import { buildRtp } from '../../../src/rtp/packet.ts';
import { goertzelDb } from '../../sound/tone.ts';
import { recordOf } from '../../unit/spool/record.ts';
import { eventually } from '../eventually.ts';

let root: string;
const closers: (() => unknown)[] = [];
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sipreel-live-'));
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
afterAll(() => rm(root, { recursive: true, force: true }));

const packetMs = 20;
/** As capture does. */
const flushMs = 450;

/** A recording that is captured in real time: its party hums at `hz`, which can be changed. */
const capture = async (options: { masksDigits?: boolean } = {}) => {
  const record = {
    ...recordOf(),
    recording_id: randomUUID(),
    direction: 'speak' as const,
    stereo: false,
    node_id: 'n',
  };
  const spool = await createSpool(root, record);
  const { journal, dir } = spool;
  const payloads = { 0: { codec: 'PCMU', clockRate: 8000, channels: 1 } };
  await journal.append({ event: 'sdp', t: 0, track: 'speak', payloads });
  await journal.append({ event: 'started', t: 0 });
  let hz = 440;
  let packets = 0;
  let waiting: Uint8Array[] = [rtpdumpHeader({ startedAt: 0, address: '127.0.0.1', port: 4000 })];

  const hum = (): void => {
    while (packets * packetMs < spool.now()) {
      const samples = Int16Array.from({ length: 160 }, (_, i) => {
        return 12_000 * Math.sin((2 * Math.PI * hz * (packets * 160 + i)) / 8000);
      });
      const payload = new Uint8Array(160);
      encodePcmu(samples, payload);
      const header = { payloadType: 0, sequence: packets & 0xffff, timestamp: packets * 160, ssrc: 1, marker: false };
      const datagram = buildRtp(header, payload);
      const bytes = new Uint8Array(recordHeaderBytes + datagram.length);
      writeRecordHeader(bytes, 0, datagram.length, false, packets * packetMs);
      bytes.set(datagram, recordHeaderBytes);
      waiting.push(bytes);
      packets++;
    }
  };
  const flush = async (): Promise<void> => {
    const bytes = Buffer.concat(waiting);
    waiting = [];
    await appendFile(trackPath(dir, 'speak'), bytes);
  };
  const timers = [setInterval(hum, packetMs), setInterval(() => void flush(), flushMs)];
  const rest = (): void => timers.forEach(clearInterval);
  closers.push(rest);
  let ended = false;
  const recording = {
    id: record.recording_id,
    record,
    spool: { dir, epoch: spool.epoch },
    masksDigits: options.masksDigits === true,
    ended: () => ended,
  };
  return {
    record,
    recording: recording as never,
    now: spool.now,
    say: (other: number) => {
      hz = other;
    },
    async pause(): Promise<void> {
      rest();
      await journal.append({ event: 'paused', t: spool.now(), behavior: 'skip' });
    },
    async stop(): Promise<number> {
      ended = true;
      rest();
      hum();
      await flush();
      const t = packets * packetMs;
      await journal.append({ event: 'stopped', t, reason: 'stop' });
      await journal.close();
      await removeSpool(dir);
      return t;
    },
  };
};

type Captured = Awaited<ReturnType<typeof capture>>;

const open = (captured: Captured | undefined, options: Partial<LiveOptions> = {}) => {
  const live = createLive({
    nodeId: 'n',
    find: () => (captured === undefined ? undefined : Promise.resolve(captured.recording)),
    mostListeners: 2,
    ffmpeg: {},
    log: createLog({ level: 'silent', redact: [] }),
    ...options,
  });
  closers.push(() => live.close());
  return live;
};

/** What comes out of a stream, as samples. */
const hear = (stream: Readable) => {
  const parts: Buffer[] = [];
  stream.on('data', (bytes: Buffer) => parts.push(bytes));
  const ended = new Promise<void>((resolve, reject) => stream.once('end', resolve).once('error', reject));
  return {
    ended,
    samples(): Int16Array {
      const all = Buffer.concat(parts);
      const header = readWavHeader(all);
      const sound = all.subarray(header?.dataOffset ?? all.length);
      return Int16Array.from({ length: sound.length >> 1 }, (_, i) => sound.readInt16LE(2 * i));
    },
  };
};

const endsIn = (samples: Int16Array, hz: number): boolean =>
  samples.length > 480 && goertzelDb(samples.subarray(-480), 8000, hz) > -15;

test('a recording is heard from its begin, less than a second behind, to its end, although its spool is gone by then', async () => {
  const captured = await capture();
  await sleep(1500);
  const stream = await open(captured).listen(captured.record, { from: 'start', format: 'wav' });
  if (stream === undefined) throw new Error('nothing is to be heard');
  const heard = hear(stream);
  await eventually('the tone is heard', () => endsIn(heard.samples(), 440));
  captured.say(1250);
  const since = performance.now();
  await eventually('the new tone is heard', () => endsIn(heard.samples(), 1250));
  expect(performance.now() - since).toBeLessThan(1000 + 60);
  const lengthMs = await captured.stop();
  await heard.ended;
  expect(Math.abs(heard.samples().length / 8 - lengthMs)).toBeLessThan(40);
  expect(goertzelDb(heard.samples().subarray(800, 8000), 8000, 440)).toBeGreaterThan(-12);
});

test('from now on means without what was before', async () => {
  const captured = await capture();
  await sleep(1500);
  const stream = await open(captured).listen(captured.record, { from: 'now', format: 'wav' });
  if (stream === undefined) throw new Error('nothing is to be heard');
  const fromMs = captured.now();
  const heard = hear(stream);
  await eventually('the tone is heard', () => endsIn(heard.samples(), 440));
  const lengthMs = await captured.stop();
  await heard.ended;
  // A thread takes its time to start.
  expect(heard.samples().length / 8).toBeLessThan(lengthMs - fromMs + 50);
  expect(heard.samples().length / 8).toBeGreaterThan(lengthMs - fromMs - 1000);
});

test('whoever does not listen is given no more than fits, misses nothing, and is cut off after a while', async () => {
  const captured = await capture();
  const live = open(captured, { stallMs: 2500 });
  const [slow, dead] = await Promise.all(
    [1, 2].map(() => live.listen(captured.record, { from: 'start', format: 'wav' })),
  );
  if (slow === undefined || dead === undefined) throw new Error('nothing is to be heard');
  dead.on('error', () => undefined);
  slow.read(0);
  dead.read(0);
  // Longer than 64 kB of sound: 4 s.
  await sleep(6000);
  expect(slow.readableLength).toBeLessThan(70_000);
  const heard = hear(slow);
  const lengthMs = await captured.stop();
  await heard.ended;
  expect(Math.abs(heard.samples().length / 8 - lengthMs)).toBeLessThan(40);
  await eventually('the other one is cut off', () => dead.destroyed);
  await eventually('no thread is left', () => live.listeners() === 0);
});

test('MP3 comes as it is spoken', async () => {
  const captured = await capture();
  await sleep(500);
  const stream = await open(captured).listen(captured.record, { from: 'start', format: 'mp3' });
  if (stream === undefined) throw new Error('nothing is to be heard');
  let bytes = 0;
  stream.on('data', (part: Buffer) => {
    bytes += part.length;
  });
  const ended = new Promise((resolve) => stream.once('end', resolve));
  // 32 kbit/s: what has come says how far it is.
  await eventually('2 s of sound have come', () => bytes > 8000);
  expect(captured.now() - bytes / 4).toBeLessThan(1100);
  const lengthMs = await captured.stop();
  await ended;
  expect(Math.abs(bytes / 4 - lengthMs)).toBeLessThan(250);
});

test.each([
  ['too many listen', 'live_limit', async () => open(await capture(), { mostListeners: 0 })],
  ['keys are masked', 'live_refused', async () => open(await capture({ masksDigits: true }))],
  ['it goes on elsewhere', 'recording_elsewhere', async () => open(undefined, { nodeId: 'other' })],
] as const)('nobody hears a recording if %s', async (_why, code, make) => {
  const live = await make();
  const record = { ...recordOf(), node_id: 'n' };
  await expect(live.listen(record, { from: 'now', format: 'wav' })).rejects.toMatchObject({ code });
});

test('a recording that has ended is not heard live', async () => {
  const captured = await capture();
  await captured.stop();
  expect(await open(captured).listen(captured.record, { from: 'now', format: 'wav' })).toBeUndefined();
});

test.each(['wav', 'mp3'] as const)('of a listener to %s who goes in a pause, nothing is left', async (format) => {
  const captured = await capture();
  const live = open(captured);
  const stream = await live.listen(captured.record, { from: 'start', format });
  await new Promise((resolve) => stream?.once('data', resolve));
  stream?.resume();
  await captured.pause();
  await sleep(1000);
  stream?.destroy();
  await eventually('its thread is gone', () => live.listeners() === 0);
});

test('closing cuts everybody off', async () => {
  const captured = await capture();
  const live = open(captured);
  const stream = await live.listen(captured.record, { from: 'start', format: 'mp3' });
  stream?.on('error', () => undefined).resume();
  await live.close();
  expect(stream?.destroyed).toBe(true);
  expect(live.listeners()).toBe(0);
});

test('what comes for a listener who has gone starts no clock, for which a server that goes down would wait', async () => {
  const captured = await capture();
  const stallMs = 61_234;
  const live = open(captured, { stallMs });
  const stream = await live.listen(captured.record, { from: 'start', format: 'wav' });
  const clocks = vi.spyOn(globalThis, 'setTimeout');
  closers.push(() => clocks.mockRestore());
  stream?.read(0);
  // Meanwhile the thread gives what it was asked for, and we are too busy to take it.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
  stream?.destroy();
  await eventually('the thread to be gone', () => live.listeners() === 0);
  expect(clocks.mock.calls.filter(([, ms]) => ms === stallMs)).toEqual([]);
});
