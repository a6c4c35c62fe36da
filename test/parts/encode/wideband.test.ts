import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeRecording } from '../../../src/recorder/encode/job.ts';
import { planRender } from '../../../src/recorder/encode/plan.ts';
import { renderSpool } from '../../../src/recorder/encode/render.ts';
import { heldRate } from '../../../src/recorder/encode/sound-rate.ts';
import type { Format } from '../../../src/recorder/recording/parameters.ts';
import { readSpool } from '../../../src/recorder/spool/read-spool.ts';
import type { TrackReport } from '../../../src/recorder/track/report.ts';
import { cut, type DecodedFile, decode, levelsDb, probe, toneSpan } from '../../kit/files.ts';
import { encodedRate } from '../../sound/encoded.ts';
import { goertzelDb, tone } from '../../sound/tone.ts';
import { type CodecSpool, payloadsOf, type SpokenCodec, writeCodecSpool } from './codec-spool.ts';
import { startNode, type TestNode } from './node.ts';

/** Half of full scale. */
const halfDb = -6;
/** A codec may change a tone by this. */
const levelDb = 1.5;
/** What resampling leaves of images, and what codecs add: far below what was said. */
const cleanDb = -50;
const seconds = 2;
const said = (hz: number, s: number = seconds): Int16Array => tone(hz, encodedRate, s, 0.5);

let root: string;
let node: TestNode;
beforeAll(async () => {
  [root, node] = await Promise.all([mkdtemp(join(tmpdir(), 'sipreel-wideband-')), startNode()]);
});
afterAll(async () => {
  await Promise.all([rm(root, { recursive: true, force: true }), node.close()]);
});

/** A spool rendered as its job would, without the file. */
const rendered = async (options: Omit<CodecSpool, 'root'>): Promise<DecodedFile & { reports: TrackReport[] }> => {
  const { dir } = await writeCodecSpool({ root, ...options });
  const spool = await readSpool(dir);
  const plan = planRender(spool, await heldRate(dir, spool));
  const { pcm, reports } = renderSpool(dir, spool, plan);
  const chunks: Int16Array[] = [];
  for await (const chunk of pcm) chunks.push(chunk);
  const { channels: count, sampleRate } = plan.shape;
  const all = Int16Array.from(chunks.flatMap((chunk) => [...chunk]));
  const channels = Array.from({ length: count }, (_, channel) => all.filter((_sample, i) => i % count === channel));
  return { channels, sampleRate, durationS: all.length / count / sampleRate, reports: Object.values(reports) };
};

const steady = (sound: DecodedFile, channel: number, hz: number): readonly number[] =>
  levelsDb(sound, channel, hz, 0.25, sound.durationS - 0.25);

test.each<[string, SpokenCodec, number, SpokenCodec, number, number]>([
  ['G.722 beside PCMU', 'G722', 5000, 'PCMU', 900, 16_000],
  ['Opus beside PCMU', 'OPUS', 9000, 'PCMU', 900, 48_000],
  ['PCMU beside Opus', 'PCMU', 900, 'OPUS', 9000, 48_000],
  ['G.722 beside Opus', 'G722', 5000, 'OPUS', 9000, 48_000],
  ['PCMU on both sides', 'PCMU', 900, 'PCMU', 1300, 8000],
])('%s: each channel has its own sound, at the rate of the better one', async (_name, left, hz, right, hz2, rate) => {
  const sound = await rendered({
    tracks: { speak: [{ codec: left, sound: said(hz) }], listen: [{ codec: right, sound: said(hz2) }] },
    lengthMs: seconds * 1000,
  });
  expect(sound.sampleRate).toBe(rate);
  expect(sound.durationS).toBe(seconds);
  for (const [channel, own, other] of [
    [0, hz, hz2],
    [1, hz2, hz],
  ] as const) {
    for (const level of steady(sound, channel, own)) expect(Math.abs(level - halfDb)).toBeLessThan(levelDb);
    for (const level of steady(sound, channel, other)) expect(level).toBeLessThan(cleanDb);
    // The image of a narrowband tone that was read at a higher rate.
    const [codec, image] = channel === 0 ? [left, 8000 - hz] : [right, 8000 - hz2];
    if (codec === 'PCMU' && rate > 8000) {
      for (const level of steady(sound, channel, image)) expect(level).toBeLessThan(cleanDb);
    }
  }
});

test('mixed to one channel, narrow and wide band are both there', async () => {
  const sound = await rendered({
    record: { stereo: false },
    tracks: { speak: [{ codec: 'OPUS', sound: said(9000) }], listen: [{ codec: 'PCMU', sound: said(900) }] },
    lengthMs: seconds * 1000,
  });
  expect([sound.sampleRate, sound.channels.length]).toEqual([48_000, 1]);
  for (const hz of [900, 9000]) {
    for (const level of steady(sound, 0, hz)) expect(Math.abs(level - halfDb)).toBeLessThan(levelDb);
  }
});

describe('the rate is that of what really came', () => {
  const everything = { ...payloadsOf.PCMU, ...payloadsOf.G722, ...payloadsOf.OPUS };
  test.each<[SpokenCodec, number]>([
    ['PCMU', 8000],
    ['G722', 16_000],
    ['OPUS', 48_000],
  ])('where the SDP allows all and %s comes, %d Hz', async (codec, rate) => {
    const sound = await rendered({
      record: { direction: 'speak' },
      tracks: { speak: [{ codec, sound: said(900), payloads: everything }] },
      lengthMs: seconds * 1000,
    });
    expect(sound.sampleRate).toBe(rate);
  });

  test('the other direction has no say in a recording of one', async () => {
    const sound = await rendered({
      record: { direction: 'speak' },
      tracks: {
        speak: [{ codec: 'PCMU', sound: said(900), payloads: everything }],
        listen: [{ codec: 'OPUS', sound: said(900) }],
      },
      lengthMs: seconds * 1000,
    });
    expect(sound.sampleRate).toBe(8000);
  });

  test('nothing at all is 8 kHz of silence', async () => {
    const sound = await rendered({ tracks: {}, lengthMs: 500 });
    expect([sound.sampleRate, sound.durationS]).toEqual([8000, 0.5]);
  });
});

test('a direction that changes its codec goes on in time, whatever the rates', async () => {
  const sound = await rendered({
    record: { direction: 'speak' },
    tracks: {
      speak: (['PCMU', 'G722', 'OPUS', 'G722', 'PCMU'] as const).map((codec, i) => ({
        codec,
        sound: said(500 + 200 * i, 1),
      })),
    },
    lengthMs: 5000,
  });
  expect(sound.sampleRate).toBe(48_000);
  for (let i = 0; i < 5; i++) {
    const span = toneSpan(sound, 0, 500 + 200 * i, -20);
    expect(span?.fromS, `part ${i}`).toBeGreaterThan(i - 0.05);
    expect(span?.toS, `part ${i}`).toBeLessThan(i + 1.05);
    for (const level of levelsDb(sound, 0, 500 + 200 * i, i + 0.25, i + 0.75)) {
      expect(Math.abs(level - halfDb)).toBeLessThan(levelDb);
    }
  }
  expect(sound.reports[0]).toMatchObject({ codecs: ['PCMU', 'G722', 'OPUS'], codecChanges: 4 });
});

test.each<[SpokenCodec]>([['G722'], ['OPUS']])('packets of %s that are lost are concealed', async (codec) => {
  const sound = await rendered({
    record: { direction: 'speak' },
    tracks: { speak: [{ codec, sound: said(500) }] },
    lengthMs: seconds * 1000,
    lost: (packet) => packet % 10 === 5,
  });
  expect(sound.reports[0]).toMatchObject({ lost: 10, concealedMs: 200 });
  // A hole of 20 ms would be silent.
  const window = sound.sampleRate / 100;
  const middle = cut(sound, 0, 0.2, 1.8);
  for (let at = 0; at + window <= middle.length; at += window) {
    const loudness = middle.subarray(at, at + window).reduce((sum, sample) => sum + Math.abs(sample), 0) / window;
    expect(loudness, `at ${(at / sound.sampleRate + 0.2).toFixed(2)} s`).toBeGreaterThan(4000);
  }
});

test('an Opus sender that falls silent by sending nothing leaves silence, and goes on in time', async () => {
  const sound = await rendered({
    record: { direction: 'speak' },
    tracks: { speak: [{ codec: 'OPUS', sound: said(500, 3) }] },
    lengthMs: 3000,
    // A second of loss is what DTX looks like to the timeline, but for the sequence numbers.
    lost: (packet) => packet >= 50 && packet < 100,
  });
  expect(goertzelDb(cut(sound, 0, 1.2, 1.9), 48_000, 500)).toBeLessThan(cleanDb);
  for (const level of levelsDb(sound, 0, 500, 2.25, 2.75)) expect(Math.abs(level - halfDb)).toBeLessThan(levelDb);
});

test('what is masked is silent to the sample at 48 kHz too', async () => {
  const sound = await rendered({
    record: { direction: 'speak' },
    tracks: { speak: [{ codec: 'OPUS', sound: said(500) }] },
    lengthMs: seconds * 1000,
    entries: [{ event: 'masked', t: 0, track: 'speak', from: 500, to: 700 }],
  });
  expect(cut(sound, 0, 0.5, 0.7).every((sample) => sample === 0)).toBe(true);
  expect(goertzelDb(cut(sound, 0, 0.7, 1), 48_000, 500)).toBeGreaterThan(halfDb - levelDb);
});

test.each<[Format, SpokenCodec, number, number]>([
  ['wav', 'G722', 16_000, 5000],
  ['mp3', 'G722', 16_000, 5000],
  ['mp4', 'G722', 16_000, 5000],
  ['wav', 'OPUS', 48_000, 9000],
  ['mp3', 'OPUS', 48_000, 9000],
  ['mp4', 'OPUS', 48_000, 9000],
])(
  'the %s of a call in %s is made and verified at %d Hz, with what is above 4 kHz',
  async (format, codec, rate, hz) => {
    const { dir: _dir, ...record } = await writeCodecSpool({
      root: node.spoolRoot,
      record: { format, status_url: 'http://127.0.0.1/status' },
      tracks: { speak: [{ codec, sound: said(hz) }], listen: [{ codec: 'PCMU', sound: said(900) }] },
      lengthMs: seconds * 1000,
    });
    await node.registry.begin(record);
    expect(await encodeRecording(node.parts, record.recording_id)).toBe('stored');
    const file = (await node.registry.get(record.recording_id))?.file ?? 'no file';
    const facts = await probe(file);
    expect([facts.sampleRate, facts.channels]).toEqual([rate, 2]);
    const sound = await decode(file, facts);
    for (const [channel, own] of [
      [0, hz],
      [1, 900],
    ] as const) {
      for (const level of levelsDb(sound, channel, own, 0.25, 1.75)) {
        expect(Math.abs(level - halfDb)).toBeLessThan(levelDb);
      }
    }
  },
);
