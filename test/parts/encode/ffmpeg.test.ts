import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeToPcm } from '../../../src/recorder/encode/decode.ts';
import { runFfmpeg } from '../../../src/recorder/encode/ffmpeg.ts';
import { resolveFfmpeg } from '../../../src/recorder/encode/ffmpeg-binary.ts';
import { wavHeader } from '../../../src/recorder/encode/wav.ts';
import { goertzelDb, tone } from '../../sound/tone.ts';

const sampleRate = 8000;
let folder: string;
let ffmpeg: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sipreel-ffmpeg-'));
  ({ ffmpeg } = await resolveFfmpeg());
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A program that takes ffmpeg's place. */
const script = async (name: string, lines: string): Promise<string> => {
  const file = join(folder, name);
  await writeFile(file, `#!/bin/sh\n${lines}\n`);
  await chmod(file, 0o755);
  return file;
};

async function* silence(seconds: number): AsyncGenerator<Uint8Array> {
  for (let second = 0; second < seconds; second++) yield new Uint8Array(sampleRate * 2);
}

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const collect = async (sound: AsyncIterable<Int16Array>): Promise<Int16Array> => {
  const chunks: Int16Array[] = [];
  for await (const chunk of sound) chunks.push(chunk);
  const all = new Int16Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    all.set(chunk, offset);
    offset += chunk.length;
  }
  return all;
};

const writeWav = async (name: string, samples: Int16Array): Promise<string> => {
  const file = join(folder, name);
  const header = wavHeader({ channels: 1, sampleRate, dataBytes: samples.byteLength, info: [] });
  await writeFile(file, Buffer.concat([header, Buffer.from(samples.buffer)]));
  return file;
};

test('ffmpeg is found by its path, by its name, and on PATH; ffprobe beside it', async () => {
  const fake = await script('my-ffmpeg', 'exit 0');
  expect(await resolveFfmpeg({ env: { FFMPEG_BIN: fake, PATH: folder } })).toEqual({ ffmpeg: fake });
  expect((await resolveFfmpeg({ env: { FFMPEG_BIN: 'my-ffmpeg', PATH: folder } })).ffmpeg).toBe(fake);
  expect((await resolveFfmpeg({ ffmpegBin: fake, env: { FFMPEG_BIN: 'other', PATH: folder } })).ffmpeg).toBe(fake);
  const probe = await script('ffprobe', 'exit 0');
  expect(await resolveFfmpeg({ env: { FFMPEG_BIN: fake } })).toEqual({ ffmpeg: fake, ffprobe: probe });
});

test.each([
  [{ FFMPEG_BIN: '/nowhere/ffmpeg' }, '/nowhere/ffmpeg'],
  [{ FFMPEG_BIN: '/etc/passwd' }, '/etc/passwd'],
  [{ FFPROBE_BIN: '/tmp' }, 'FFPROBE_BIN is "/tmp"'],
])('%j leads to ffmpeg_missing, never to another ffmpeg', async (env, words) => {
  await expect(resolveFfmpeg({ env: { PATH: process.env.PATH, ...env } })).rejects.toMatchObject({
    code: 'ffmpeg_missing',
    message: expect.stringContaining(words),
  });
});

test('a program that vanished since it was found is ffmpeg_missing', async () => {
  const run = runFfmpeg({ program: join(folder, 'gone'), args: [], input: silence(1) });
  await expect(run).rejects.toMatchObject({ code: 'ffmpeg_missing' });
});

test('an ffmpeg that hangs without reading is killed, with everything that it started', async () => {
  const pidFile = join(folder, 'pids');
  const program = await script('hangs', `sleep 60 & echo $$ $! > ${pidFile}; wait`);
  const run = runFfmpeg({ program, args: [], input: silence(100), stallMs: 500 });
  await expect(run).rejects.toMatchObject({ code: 'ffmpeg_hung', message: expect.stringContaining('500 ms') });
  const pids = execFileSync('cat', [pidFile], { encoding: 'utf8' }).trim().split(' ').map(Number);
  await expect.poll(() => pids.filter(isRunning), { timeout: 5000 }).toEqual([]);
});

test('an ffmpeg that reads everything and then hangs is killed', async () => {
  const program = await script('hangs-late', 'cat > /dev/null; sleep 60');
  const run = runFfmpeg({ program, args: [], input: silence(1), stallMs: 300 });
  await expect(run).rejects.toMatchObject({ code: 'ffmpeg_hung' });
});

test('slow sound is no hanging ffmpeg', async () => {
  async function* slow(): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < 4; i++) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      yield new Uint8Array(160);
    }
  }
  const program = await script('reads', 'cat > /dev/null');
  await expect(runFfmpeg({ program, args: [], input: slow(), stallMs: 300 })).resolves.toBeDefined();
});

test('an ffmpeg that fails is reported with the end of what it said', async () => {
  const program = await script('fails', 'head -c 100000 /dev/zero | tr "\\0" x >&2; echo "the last words" >&2; exit 3');
  const error: unknown = await runFfmpeg({ program, args: [], input: silence(100) }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'ffmpeg_failed', message: expect.stringContaining('status 3') });
  const { message } = error as Error;
  expect(message).toContain('the last words');
  expect(message.length).toBeLessThan(4300);
});

test('an ffmpeg that ends well before it has read all the sound has failed', async () => {
  const program = await script('leaves', 'head -c 100 > /dev/null; exit 0');
  const run = runFfmpeg({ program, args: [], input: silence(1000) });
  await expect(run).rejects.toMatchObject({
    code: 'ffmpeg_failed',
    message: expect.stringContaining('before it had read'),
  });
});

test('sound that fails ends ffmpeg, and its error comes through', async () => {
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(160);
    throw new Error('the disk is gone');
  }
  const program = await script('patient', 'cat > /dev/null; sleep 60');
  await expect(runFfmpeg({ program, args: [], input: broken() })).rejects.toThrow('the disk is gone');
});

test('an aborted run ends with the reason of the signal', async () => {
  const program = await script('sleeps', 'exec sleep 60');
  const controller = new AbortController();
  const run = runFfmpeg({ program, args: [], signal: controller.signal });
  controller.abort(new Error('going down'));
  await expect(run).rejects.toThrow('going down');
  await expect(runFfmpeg({ program, args: [], signal: controller.signal })).rejects.toThrow('going down');
});

test('a file is decoded to the sample rate that is asked for, tone and length', async () => {
  const file = await writeWav("-it's; a 'name: %d.wav", tone(440, sampleRate, 2, 0.5));
  const pcm = await collect(decodeToPcm({ file, sampleRate: 16_000, ffmpeg }));
  expect(Math.abs(pcm.length - 32_000)).toBeLessThan(200);
  expect(goertzelDb(pcm.subarray(4000, 28_000), 16_000, 440)).toBeCloseTo(-6, 0);
});

test.each([
  ['text', 'this is no sound at all\n'.repeat(100)],
  ['a playlist that names another file', '#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n/etc/passwd\n#EXT-X-ENDLIST\n'],
  ['a list of files to join', "ffconcat version 1.0\nfile '/etc/passwd'\n"],
  ['nothing', ''],
])('%s is no audio file, and ffmpeg says so', async (name, content) => {
  const file = join(folder, `bad ${name}`);
  await writeFile(file, content);
  await expect(collect(decodeToPcm({ file, sampleRate, ffmpeg }))).rejects.toMatchObject({ code: 'ffmpeg_failed' });
});

test('a consumer that leaves early ends ffmpeg', async () => {
  const pidFile = join(folder, 'decoder');
  const program = await script('endless', `echo $$ > ${pidFile}; exec cat /dev/zero`);
  for await (const chunk of decodeToPcm({ file: '/x', sampleRate, ffmpeg: program })) {
    expect(chunk.length).toBeGreaterThan(0);
    break;
  }
  const pid = Number(execFileSync('cat', [pidFile], { encoding: 'utf8' }));
  await expect.poll(() => isRunning(pid), { timeout: 5000 }).toBe(false);
});

test('a decoder that hangs is killed; a consumer that takes its time is none', async () => {
  const program = await script('silent', 'printf abc; sleep 60');
  const chunks: number[] = [];
  const consume = async (): Promise<void> => {
    for await (const chunk of decodeToPcm({ file: '/x', sampleRate, ffmpeg: program, stallMs: 300 })) {
      chunks.push(chunk.length);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  };
  await expect(consume()).rejects.toMatchObject({ code: 'ffmpeg_hung' });
  expect(chunks).toEqual([1]);
});
