import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { channelDb, cut, decode, describe as describeFile, probe, toneSpan } from '../../kit/files.ts';
import { wavOf } from '../../kit/wav.ts';
import { tone } from '../../sound/tone.ts';

let dir: string;
let wav: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sipreel-kit-'));
  wav = join(dir, 'two-tones.wav');
  // Left: 440 Hz from 1 s to 2 s at half of full scale; right: 1000 Hz all the time at a tenth.
  const left = 'if(between(t,1,2),0.5*sin(2*PI*440*t),0)';
  await promisify(execFile)('ffmpeg', [
    ...['-v', 'error', '-nostdin', '-f', 'lavfi'],
    ...['-i', `aevalsrc='${left}|0.1*sin(2*PI*1000*t)':s=8000:d=3`, wav],
  ]);
});

afterAll(() => rm(dir, { recursive: true, force: true }));

test('a file is probed', async () => {
  expect(await probe(wav)).toEqual({ format: 'wav', codec: 'pcm_s16le', channels: 2, sampleRate: 8000, durationS: 3 });
  await expect(probe(join(dir, 'missing.wav'))).rejects.toThrow('No such file');
});

test('a file is decoded, and its tones are found where they are', async () => {
  const sound = await decode(wav);
  expect(sound.durationS).toBe(3);
  expect(cut(sound, 0, 1, -1)).toHaveLength(8000);
  expect(channelDb(sound, 0, 440, 1, 2)).toBeCloseTo(-6, 0);
  expect(channelDb(sound, 1, 1000)).toBeCloseTo(-20, 0);
  expect(channelDb(sound, 1, 440)).toBeLessThan(-80);
  const span = toneSpan(sound, 0, 440);
  expect(span?.fromS).toBeCloseTo(1, 1);
  expect(span?.toS).toBeCloseTo(2, 1);
  expect(toneSpan(sound, 0, 1000)).toBeUndefined();
  expect(() => cut(sound, 2)).toThrow('no channel 2');
});

test('a file that has changed is another one', async () => {
  const file = join(dir, 'changing.wav');
  await writeFile(file, wavOf(tone(440, 8000, 1, 0.3), 8000));
  expect(channelDb(await decode(file), 0, 440)).toBeGreaterThan(-20);
  await writeFile(file, wavOf(tone(900, 8000, 1, 0.3), 8000));
  expect(channelDb(await decode(file), 0, 440)).toBeLessThan(-60);
});

test('a description says what a failing test needs', async () => {
  expect(await describeFile(wav, [440, 1000])).toMatch(
    /two-tones\.wav: wav pcm_s16le, 2 channels, 8000 Hz, 3\.000 s .*\n {2}channel 0: 440 Hz .* 1\.00-2\.00 s\), 1000 Hz .* nowhere\)\n {2}channel 1: /,
  );
  expect(await describeFile(join(dir, 'missing.wav'))).toMatch(/no such file/i);
});
