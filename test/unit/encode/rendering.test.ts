import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { planRender } from '../../../src/recorder/encode/plan.ts';
import { renderSpool } from '../../../src/recorder/encode/render.ts';
import { createRendering } from '../../../src/recorder/encode/rendering.ts';
import type { Direction, TrackName } from '../../../src/recorder/recording/parameters.ts';
import type { JournalEntry } from '../../../src/recorder/spool/journal.ts';
import { trackPath } from '../../../src/recorder/spool/layout.ts';
import { pausesIn } from '../../../src/recorder/spool/read-pauses.ts';
import type { SpoolContents } from '../../../src/recorder/spool/read-spool.ts';
import { recordHeaderBytes, rtpdumpHeader, writeRecordHeader } from '../../../src/recorder/spool/rtpdump.ts';
import { tone } from '../../sound/tone.ts';
import { recordOf } from '../spool/record.ts';
import { firstDifference, join as joinSamples } from '../track/render.ts';
import { createSender, type Sent } from '../track/sender.ts';
import { cook, soup } from '../track/soup.ts';

let root: string;
let count = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sipreel-rendering-'));
});
afterAll(() => rm(root, { recursive: true }));

const header = rtpdumpHeader({ startedAt: 0, address: '127.0.0.1', port: 4000 });

/** A track's file as it is on the disk once `untilMs` has come, the next record begun. */
const trackFile = (sent: readonly Sent[], untilMs: number): Buffer => {
  const parts: Uint8Array[] = [header];
  for (const { arrivalMs, datagram } of sent) {
    if (datagram.length === 0) continue; // Capture keeps no such thing.
    const bytes = new Uint8Array(recordHeaderBytes + datagram.length);
    writeRecordHeader(bytes, 0, datagram.length, false, arrivalMs);
    bytes.set(datagram, recordHeaderBytes);
    if (arrivalMs > untilMs) return Buffer.concat([...parts, bytes.subarray(0, 5)]);
    parts.push(bytes);
  }
  return Buffer.concat(parts);
};

interface Call {
  readonly tracks: Readonly<Record<TrackName, readonly Sent[]>>;
  readonly entries: readonly JournalEntry[];
  readonly direction: Direction;
  readonly stereo: boolean;
  readonly startMs: number;
  readonly stopMs: number;
}

const pcmu = { codec: 'PCMU', clockRate: 8000, channels: 1 };

/** What the journal says at a time; the end if that has come. */
const spoolAt = (call: Call, nowMs: number): SpoolContents => {
  const record = { ...recordOf(), direction: call.direction, stereo: call.stereo };
  const { startMs } = call;
  const ended = nowMs >= call.stopMs;
  const entries: JournalEntry[] = [
    { event: 'opened', t: 0, at: '', record },
    { event: 'sdp', t: 0, track: 'speak', payloads: { 0: pcmu } },
    { event: 'sdp', t: 0, track: 'listen', payloads: { 0: pcmu } },
    { event: 'started', t: startMs },
    ...call.entries.filter(({ t }) => t <= Math.min(nowMs, call.stopMs)),
    ...(ended ? [{ event: 'stopped', t: call.stopMs, reason: 'stop' } as const] : []),
  ];
  const stopMs = ended ? call.stopMs : Number.POSITIVE_INFINITY;
  const pauses = pausesIn(entries, stopMs);
  return { record, entries, startMs, stopMs, pauses, reason: ended ? 'stop' : undefined, damagedLines: 0 };
};

const writeTracks = async (dir: string, call: Call, nowMs: number): Promise<void> => {
  for (const name of ['speak', 'listen'] as const) {
    await writeFile(trackPath(dir, name), trackFile(call.tracks[name], nowMs));
  }
};

const newSpool = (): Promise<string> => mkdtemp(join(root, `${count++}-`));

const atOnce = async (call: Call): Promise<Int16Array> => {
  const dir = await newSpool();
  await writeTracks(dir, call, Number.POSITIVE_INFINITY);
  const spool = spoolAt(call, Number.POSITIVE_INFINITY);
  const chunks: Int16Array[] = [];
  for await (const chunk of renderSpool(dir, spool, planRender(spool)).pcm) chunks.push(chunk.slice());
  return joinSamples(chunks);
};

/** At each of the times, what is final `marginMs` before it is rendered; the rest after the end. */
const inPieces = async (call: Call, times: readonly number[], marginMs: number, pull = 1e9): Promise<Int16Array> => {
  const dir = await newSpool();
  const chunks: Int16Array[] = [];
  const first = spoolAt(call, call.startMs);
  const rendering = createRendering(dir, first, planRender(first));
  const read = async (limitMs: number, most: number): Promise<void> => {
    for (let taken = 0; taken < most; taken++) {
      const sound = await rendering.next(limitMs);
      if (sound === undefined) return;
      chunks.push(sound.slice());
    }
  };
  for (const nowMs of [...times].sort((a, b) => a - b)) {
    if (nowMs >= call.stopMs || nowMs <= call.startMs) continue;
    await writeTracks(dir, call, nowMs);
    const spool = spoolAt(call, nowMs);
    rendering.learn(spool, planRender(spool));
    await read(nowMs - marginMs, pull);
    await rendering.rest();
  }
  await writeTracks(dir, call, Number.POSITIVE_INFINITY);
  const spool = spoolAt(call, Number.POSITIVE_INFINITY);
  rendering.learn(spool, planRender(spool));
  await read(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
  await rendering.rest();
  return joinSamples(chunks);
};

const source = fc.constantFrom(
  { direction: 'both', stereo: true } as const,
  { direction: 'both', stereo: false } as const,
  { direction: 'speak', stereo: false } as const,
);

test('any soup of packets rendered piece by piece, wherever it is cut, is sample for sample what is rendered at once', async () => {
  const cuts = fc.array(fc.nat(1000), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(undefined, 'skip', 'silence'),
      soup,
      soup,
      source,
      cuts,
      fc.nat(4000),
      fc.nat(3000),
      fc.integer({ min: 1, max: 9 }),
      async (...[pause, one, two, { direction, stereo }, times, startMs, marginMs, pull]) => {
        const tracks = { speak: cook(one), listen: cook(two) };
        const lastMs = Math.max(tracks.speak.at(-1)?.arrivalMs ?? 0, tracks.listen.at(-1)?.arrivalMs ?? 0);
        const stopMs = startMs + 100 + lastMs * 0.9;
        const [fromMs, toMs] = [stopMs * 0.4, stopMs * 0.8];
        const spared = (sent: readonly Sent[]): readonly Sent[] =>
          pause ? sent.filter(({ arrivalMs }) => arrivalMs < fromMs || Math.round(arrivalMs) > toMs) : sent;
        const entries: JournalEntry[] = [
          { event: 'sdp', t: stopMs / 3, track: 'listen', payloads: { 101: { ...pcmu, codec: 'PCMA' } } },
          { event: 'masked', t: stopMs / 2 + 500, track: 'speak', from: stopMs / 2, to: stopMs / 2 + 400 },
        ];
        if (pause !== undefined) {
          entries.push({ event: 'paused', t: fromMs, behavior: pause }, { event: 'resumed', t: toMs });
          entries.sort((a, b) => a.t - b.t);
        }
        const call = {
          tracks: { speak: spared(tracks.speak), listen: spared(tracks.listen) },
          ...{ entries, direction, stereo, startMs, stopMs },
        };
        const whole = await atOnce(call);
        const pieces = await inPieces(
          call,
          times.map((part) => (part / 1000) * stopMs),
          marginMs,
          pull,
        );
        expect({ length: pieces.length, difference: firstDifference(whole, pieces) }).toEqual({
          length: whole.length,
          difference: -1,
        });
      },
    ),
    { numRuns: 60 },
  );
}, 60_000);

test('so is a long call with jitter, loss, drift, pauses of a sender and a peer that is silent for minutes', async () => {
  const minute = tone(440, 8000, 60, 0.4);
  const noisy = (seed: number) => (index: number) => (index % 41 === seed ? undefined : ((index * 7919) % 60) * 1.5);
  const speak = createSender({ ppm: 300, network: noisy(3) });
  for (let i = 0; i < 4; i++) {
    speak.say(minute);
    speak.pause(i * 9000);
  }
  const listen = createSender({ ppm: -400, ssrc: 77, network: noisy(5) });
  listen.say(minute);
  listen.pause(150_000);
  listen.say(minute);
  const heard = (sent: readonly Sent[]): readonly Sent[] =>
    sent.filter(({ arrivalMs }) => arrivalMs < 20_000 || arrivalMs > 55_001);
  const tracks = { speak: heard(speak.arrivals()), listen: heard(listen.arrivals()) };
  const entries: JournalEntry[] = [
    { event: 'paused', t: 20_000, behavior: 'skip' },
    { event: 'resumed', t: 55_000 },
    { event: 'paused', t: 200_000.2, behavior: 'silence' },
    { event: 'resumed', t: 210_000.7 },
  ];
  const call: Call = { tracks, entries, direction: 'both', stereo: true, startMs: 313.7, stopMs: 290_000.4 };
  const whole = await atOnce(call);
  expect(whole.length).toBe(2 * (Math.round((290_000.4 - 313.7) * 8) - 35_000 * 8));
  for (const everyMs of [30_000, 7_321]) {
    const times = Array.from({ length: Math.floor(call.stopMs / everyMs) }, (_, i) => (i + 1) * everyMs);
    expect(firstDifference(whole, await inPieces(call, times, 2000)), `cut each ${everyMs} ms`).toBe(-1);
  }
}, 60_000);

test.each([
  ['a packet that a stalled disk brings after its time', { late: 'packet' }],
  ['an SDP of a time that was rendered', { late: 'sdp' }],
  ['a key that was down for so long that its begin was rendered', { late: 'masked' }],
  ['an end before what was rendered', { late: 'stopped' }],
] as const)('%s does not fit, and is said so', async (_name, { late }) => {
  const sender = createSender();
  sender.say(tone(440, 8000, 40, 0.4));
  const sent = sender.arrivals();
  const call: Call = {
    tracks: { speak: late === 'packet' ? sent.filter(({ arrivalMs }) => arrivalMs < 5000) : sent, listen: [] },
    entries: [],
    direction: 'speak',
    stereo: false,
    startMs: 0,
    stopMs: 41_000,
  };
  const dir = await newSpool();
  await writeTracks(dir, call, 40_000);
  const spool = spoolAt(call, 0);
  const rendering = createRendering(dir, spool, planRender(spool));
  while ((await rendering.next(38_000)) !== undefined);
  await rendering.rest();
  await writeTracks(dir, { ...call, tracks: { speak: sent, listen: [] } }, 40_000);
  const more: readonly JournalEntry[] =
    late === 'sdp'
      ? [{ event: 'sdp', t: 20_000, track: 'speak', payloads: {} }]
      : late === 'masked'
        ? [{ event: 'masked', t: 39_000, track: 'speak', from: 10_000, to: 39_000 }]
        : [];
  const goOn = async (): Promise<void> => {
    const ended = spoolAt(late === 'stopped' ? { ...call, stopMs: 25_000 } : call, 41_000);
    const entries = [...spool.entries, ...more, ...ended.entries.slice(spool.entries.length)];
    rendering.learn({ ...ended, entries }, planRender({ ...ended, entries }));
    while ((await rendering.next(Number.POSITIVE_INFINITY)) !== undefined);
  };
  await expect(goOn()).rejects.toMatchObject({ code: 'pieces_misfit' });
  await rendering.rest();
});
