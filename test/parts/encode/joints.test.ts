import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createGrowingFile } from '../../../src/recorder/encode/encode.ts';
import { resolveFfmpeg } from '../../../src/recorder/encode/ffmpeg-binary.ts';
import { encodeArguments, type PcmShape } from '../../../src/recorder/encode/formats.ts';
import { splitMp3 } from '../../../src/recorder/encode/frames.ts';
import { bytesOf } from '../../../src/recorder/encode/growing-file.ts';
import { id3Bytes } from '../../../src/recorder/encode/id3.ts';
import { verifyFile } from '../../../src/recorder/encode/verify.ts';
import type { Format } from '../../../src/recorder/recording/parameters.ts';
import { phaseOf } from '../../sound/phase.ts';
import { randomNumbers } from '../../unit/track/sender.ts';
import { probe, readChannels } from './read-sound.ts';

const run = promisify(execFile);
const metadata = { recordingId: 'r', callId: 'c', controlId: 'k', from: '', to: '', startTime: 1_700_000_000 };

let root: string;
let count = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sipreel-joints-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Sound that is hard on encoders: silence, noise, sines, sweeps, clicks and squares of any level, one after the other. */
const hardSound = ({ sampleRate, channels }: PcmShape, seconds: number, seed: number): Int16Array => {
  const random = randomNumbers(seed);
  const frames = Math.round(sampleRate * seconds);
  const pcm = new Int16Array(frames * channels);
  for (let channel = 0; channel < channels; channel++) {
    for (let at = 0; at < frames; ) {
      const length = Math.floor(sampleRate * (0.05 + random()));
      const kind = Math.floor(random() * 6);
      const level = 30_000 * 10 ** ((-random() * 70) / 20);
      const turns = (100 + random() * sampleRate * 0.4) / sampleRate;
      for (let i = 0; i < length && at < frames; i++, at++) {
        const wave = Math.sin(2 * Math.PI * turns * i * (kind === 3 ? 1 + i / length : 1));
        const value = [0, random() * 2 - 1, wave, wave, i % 700 === 0 ? 1 : 0, Math.sign(wave) * 0.9 ** (i / 100)][
          kind
        ];
        pcm[at * channels + channel] = Math.round((value ?? 0) * level);
      }
    }
  }
  return pcm;
};

/** Writes sound into a file in chunks of random lengths; `hurry` from the start is what a recording does that has ended. */
const make = async (
  format: Format,
  shape: PcmShape,
  pcm: Int16Array,
  options: { pieceMs: number; hurry: boolean; seed?: number; expected?: number },
): Promise<string> => {
  const file = join(root, `${count++}.${format}`);
  const { pieceMs, expected } = options;
  const growing = await createGrowingFile({ file, format, shape, metadata, pieceMs, expected }, resolveFfmpeg);
  const random = randomNumbers(options.seed ?? 1);
  if (options.hurry) growing.hurry();
  for (let at = 0; at < pcm.length; ) {
    const end = at + shape.channels * (1 + Math.floor(random() * 2 * shape.sampleRate));
    await growing.write(pcm.slice(at, end));
    at = end;
    if (!options.hurry && at > pcm.length * 0.9) growing.hurry();
  }
  expect(growing.frames).toBe(pcm.length / shape.channels);
  await growing.finish();
  await growing.close();
  await verifyFile({ file, format, shape, frames: pcm.length / shape.channels });
  return file;
};

const shapes: readonly PcmShape[] = [
  { sampleRate: 8000, channels: 2 },
  { sampleRate: 16_000, channels: 1 },
  { sampleRate: 48_000, channels: 2 },
];

test.each(shapes.flatMap((shape) => (['wav', 'mp3', 'mp4'] as const).map((format) => ({ format, ...shape }))))(
  '$format of $channels channels at $sampleRate Hz: pieces make the bytes that are made at once, wherever the sound is cut',
  async ({ format, ...shape }) => {
    const pcm = hardSound(shape, 9.3, 7);
    const pieceMs = 2500;
    const whole = await readFile(await make(format, shape, pcm, { pieceMs, hurry: true }));
    const pieces = await readFile(await make(format, shape, pcm, { pieceMs, hurry: false, seed: 2 }));
    expect(Buffer.compare(pieces, whole)).toBe(0);
  },
);

test.each(shapes)(
  'MP3 of $channels channels at $sampleRate Hz: the frames are those of one run of ffmpeg',
  async (shape) => {
    const pcm = hardSound(shape, 9.3, 11);
    const bytes = await readFile(await make('mp3', shape, pcm, { pieceMs: 2500, hurry: false }));
    const [, ...frames] = splitMp3(bytes.subarray(id3Bytes(bytes)), shape) ?? [];
    const { ffmpeg } = await resolveFfmpeg();
    const running = run(ffmpeg, [...encodeArguments('mp3', shape)], { encoding: 'buffer', maxBuffer: 1e9 });
    running.child.stdin?.end(bytesOf(pcm));
    const one = splitMp3((await running).stdout, shape) ?? [];
    expect(frames.length).toBe(one.length);
    expect(frames.findIndex((frame, index) => !frame.equals(one[index] ?? Buffer.alloc(0)))).toBe(-1);
  },
);

test.each(['wav', 'mp3', 'mp4'] as const)('%s: a length is kept to the sample, whatever it is', async (format) => {
  const shape = { sampleRate: 8000, channels: 1 } as const;
  for (const frames of [160, 575, 577, 1023, 1025, 40_000, 40_001]) {
    const pcm = hardSound(shape, frames / 8000, frames);
    const file = await make(format, shape, pcm, { pieceMs: 2000, hurry: true, expected: frames });
    const { stream } = await probe(file);
    // ffprobe counts an MP3 with the samples that its Info frame has players leave out.
    if (format !== 'mp3') expect(Number(stream.duration)).toBeCloseTo(frames / 8000, 5);
    const [sound] = await readChannels(file, 1, 8000);
    // ffmpeg leaves out what MP3 says is padding, and decodes MP4 to the end of the last frame.
    if (format === 'mp4') expect(sound?.length).toBeGreaterThanOrEqual(frames);
    else expect(sound?.length).toBe(frames);
  }
});

/** 1 ms of a 1 kHz sine is 6.3 rad: a thousandth of that is a microsecond. */
const phaseTolerance = 0.01;

test.each(['wav', 'mp3', 'mp4'] as const)(
  '%s: a sine keeps its phase and level across joints, from the first sample on',
  async (format) => {
    const shape = { sampleRate: 8000, channels: 1 } as const;
    const turns = 1000.7 / 8000;
    const pcm = Int16Array.from({ length: 8000 * 20 }, (_, i) => 12_000 * Math.cos(2 * Math.PI * turns * i));
    const pieceMs = 3000;
    const file = await make(format, shape, pcm, { pieceMs, hurry: false });
    const [sound = new Int16Array()] = await readChannels(file, 1, 8000);
    // LAME takes 5 % off all levels.
    const usual = phaseOf(sound, 12_000, 400, turns).level;
    expect(Math.abs(usual / 12_000 - 1)).toBeLessThan(0.06);
    for (let from = 400; from + 400 < pcm.length; from += 100) {
      const { phase, level } = phaseOf(sound, from, 400, turns);
      expect(Math.abs(phase), `phase at sample ${from}`).toBeLessThan(phaseTolerance);
      expect(Math.abs(level / usual - 1), `level at sample ${from}`).toBeLessThan(0.01);
    }
  },
);

/** The error of a coded file in windows of 32 ms: root mean square of what coding has changed. */
const windowFrames = 256;
const errorsOf = async (file: string, pcm: Int16Array, channels: 1 | 2): Promise<number[]> => {
  const errors: number[] = [];
  (await readChannels(file, channels, 8000)).forEach((samples, channel) => {
    for (let from = 0; from + windowFrames < pcm.length / channels; from += windowFrames) {
      let error = 0;
      for (let i = from; i < from + windowFrames; i++) {
        error += ((samples[i] ?? 0) - (pcm[i * channels + channel] ?? 0)) ** 2;
      }
      errors.push(Math.sqrt(error / windowFrames));
    }
  });
  return errors;
};

test.each([1, 2] as const)(
  'MP4 of %i channels: coding changes no more at a joint than one run of ffmpeg does',
  async (channels) => {
    const shape = { sampleRate: 8000, channels } as const;
    const pcm = hardSound(shape, 60, 23);
    const pieces = await errorsOf(await make('mp4', shape, pcm, { pieceMs: 2500, hurry: false }), pcm, channels);
    const whole = await errorsOf(await make('mp4', shape, pcm, { pieceMs: 600_000, hurry: true }), pcm, channels);
    // The encoder remembers for ever how loud it has been, so that its frames are others after a joint, and no worse.
    pieces.forEach((error, at) => {
      const most = 2 * Math.max(whole[at - 1] ?? 0, whole[at] ?? 0, whole[at + 1] ?? 0) + 8;
      expect(error, `window ${at}`).toBeLessThan(most);
    });
    const sum = (errors: readonly number[]): number => errors.reduce((total, error) => total + error ** 2, 0);
    expect(sum(pieces)).toBeLessThan(1.25 * sum(whole));
  },
);

test('an MP4 file that outgrows the room of its index is copied into a larger one, and its index stays in front', async () => {
  const shape = { sampleRate: 8000, channels: 1 } as const;
  const pcm = hardSound(shape, 35, 5);
  const whole = await make('mp4', shape, pcm, { pieceMs: 2100, hurry: true, expected: pcm.length });
  const grown = await make('mp4', shape, pcm, { pieceMs: 2100, hurry: false });
  const [one, other] = [await readFile(whole), await readFile(grown)];
  expect(other.indexOf('moov')).toBeLessThan(other.indexOf('mdat'));
  const sound = (bytes: Buffer): Buffer => bytes.subarray(bytes.indexOf('mdat') + 4);
  expect(Buffer.compare(sound(one), sound(other))).toBe(0);
  expect(await readChannels(grown, 1, 8000)).toEqual(await readChannels(whole, 1, 8000));
  expect(other.length - one.length, 'room that is left').toBeLessThan(4000);
  expect((await readdir(root)).filter((name) => name.includes('larger'))).toEqual([]);
});

test.each(['mp3', 'mp4'] as const)('%s: ffmpeg has nothing to complain of', async (format) => {
  const shape = { sampleRate: 8000, channels: 2 } as const;
  const file = await make(format, shape, hardSound(shape, 8, 9), { pieceMs: 2000, hurry: false });
  const { stderr } = await run('ffmpeg', ['-v', 'warning', '-i', file, '-f', 'null', '-']);
  expect(stderr).toBe('');
});

test('of a file that somebody waits for, a part is encoded beside the one before', async () => {
  const shape = { sampleRate: 8000, channels: 1 } as const;
  const binaries = await resolveFfmpeg();
  const folder = await mkdtemp(join(root, 'beside-'));
  // Of two runs neither ends before both have begun.
  const ffmpeg = join(folder, 'ffmpeg');
  const waits = `touch ${folder}/$$.run; until [ "$(ls ${folder}/*.run | wc -l)" -ge 2 ]; do sleep 0.02; done`;
  await writeFile(ffmpeg, `#!/bin/sh\n"${binaries.ffmpeg}" "$@" || exit\n${waits}\n`, { mode: 0o755 });
  const pcm = hardSound(shape, 4, 3);
  const file = join(folder, 'sound.mp4');
  const options = { file, format: 'mp4', shape, metadata, pieceMs: 2500, stallMs: 10_000 } as const;
  const growing = await createGrowingFile(options, async () => ({ ...binaries, ffmpeg }));
  growing.hurry();
  await growing.write(pcm.slice());
  await growing.finish();
  const one = await readFile(await make('mp4', shape, pcm, { pieceMs: 2500, hurry: true }));
  expect(Buffer.compare(await readFile(file), one)).toBe(0);
});
