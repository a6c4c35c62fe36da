import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Agent } from 'undici';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createOutboundDispatcher } from '../../../src/net/address-guard.ts';
import { resolveFfmpeg } from '../../../src/recorder/encode/ffmpeg-binary.ts';
import { wavHeader } from '../../../src/recorder/encode/wav.ts';
import { type HttpPromptOptions, httpPrompt } from '../../../src/switch/media/prompt/http.ts';
import { drain } from '../../sound/read-source.ts';
import { goertzelDb, tone } from '../../sound/tone.ts';
import { eventually } from '../eventually.ts';
import { processesWith } from './processes.ts';

const run = promisify(execFile);

let ffmpeg: string;
let media: string;
let scratch: string;
let server: Server;
let other: Server;
let dispatcher: Agent;
const routes = new Map<string, RequestListener>();
const requests: IncomingMessage[] = [];

const wav = (channels: 1 | 2, sampleRate: number, samples: Int16Array): Buffer =>
  Buffer.concat([
    wavHeader({ channels, sampleRate, dataBytes: samples.byteLength, info: [] }),
    Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength),
  ]);

const listen = async (listener: RequestListener): Promise<Server> => {
  const created = createServer(listener);
  await new Promise<void>((resolve) => created.listen(0, '127.0.0.1', resolve));
  return created;
};
const portOf = (of: Server): number => (of.address() as AddressInfo).port;

const handle: RequestListener = (request, response) => {
  requests.push(request);
  const route = routes.get(new URL(request.url ?? '/', 'http://x').pathname);
  if (route) route(request, response);
  else response.writeHead(404).end('nothing here');
};

beforeAll(async () => {
  ({ ffmpeg } = await resolveFfmpeg());
  media = await mkdtemp(join(tmpdir(), 'sipreel-media-'));
  [server, other] = await Promise.all([listen(handle), listen(handle)]);
});

afterAll(async () => {
  server.closeAllConnections();
  other.closeAllConnections();
  await Promise.all([server, other].map((one) => new Promise((resolve) => one.close(resolve))));
  await rm(media, { recursive: true });
});

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'sipreel-scratch-'));
  dispatcher = new Agent();
  routes.clear();
  requests.length = 0;
});

afterEach(async () => {
  // Whatever became of a prompt, it leaves no file and no process.
  const files = await readdir(scratch);
  const processes = await processesWith(scratch);
  await dispatcher.destroy();
  await rm(scratch, { recursive: true });
  expect(files).toEqual([]);
  expect(processes).toEqual([]);
});

const serve = (path: string, answer: RequestListener | Buffer): void => {
  routes.set(path, typeof answer === 'function' ? answer : (_, response) => response.end(answer));
};
const url = (path: string, credentials = ''): URL => new URL(`http://${credentials}127.0.0.1:${portOf(server)}${path}`);
const open = (from: URL, options: Partial<HttpPromptOptions> = {}) =>
  httpPrompt(from, { ffmpeg, tmpDir: scratch, dispatcher, ...options });
const hear = async (from: URL, options: Partial<HttpPromptOptions> = {}): Promise<Int16Array> => {
  const source = open(from, options);
  try {
    return await drain(source);
  } finally {
    await source.close();
  }
};
const encoded = async (name: string, ...args: string[]): Promise<Buffer> => {
  const file = join(media, name);
  const input = ['-f', 'lavfi', '-i', 'sine=frequency=700:sample_rate=44100:duration=1'];
  await run(ffmpeg, ['-y', '-loglevel', 'error', ...input, ...args, file]);
  return await readFile(file);
};

describe('a prompt behind a URL', () => {
  it('of 16-bit WAV at 8 kHz is played as it is', async () => {
    const samples = tone(700, 8000, 1.01, 0.5);
    serve('/mono.wav', wav(1, 8000, samples));
    const heard = await hear(url('/mono.wav'), { ffmpeg: '/nonexistent/ffmpeg' });
    expect(heard.subarray(0, samples.length)).toEqual(samples);
    expect(heard.length).toBe(51 * 160);
  });

  it('of stereo WAV is played as the mean of both channels', async () => {
    const left = tone(700, 8000, 1, 0.5);
    const right = tone(1200, 8000, 1, 0.5);
    const both = Int16Array.from({ length: 16_000 }, (_, i) => (i % 2 === 0 ? left : right)[i >> 1] ?? 0);
    serve('/stereo.wav', wav(2, 8000, both));
    const heard = await hear(url('/stereo.wav'), { ffmpeg: '/nonexistent/ffmpeg' });
    expect(heard.length).toBe(8000);
    for (const hz of [700, 1200]) expect(goertzelDb(heard, 8000, hz)).toBeCloseTo(-12, 1);
  });

  it('of no length at all is over at once', async () => {
    serve('/empty.wav', wav(1, 8000, new Int16Array(0)));
    expect((await hear(url('/empty.wav'))).length).toBe(0);
  });

  it.each([
    ['a.mp3', ['-b:a', '64k']],
    ['a.m4a', ['-c:a', 'aac']],
    ['a.flac', []],
    ['a-44100.wav', ['-ac', '2']],
    ['a-alaw.wav', ['-ar', '8000', '-c:a', 'pcm_alaw']],
  ])('of %s is decoded by ffmpeg', async (name, args) => {
    serve(`/${name}`, await encoded(name, ...args));
    const heard = await hear(url(`/${name}`));
    expect(Math.abs(heard.length - 8000)).toBeLessThan(1000);
    expect(goertzelDb(heard.subarray(800, 7200), 8000, 700)).toBeGreaterThan(-24);
    expect(goertzelDb(heard.subarray(800, 7200), 8000, 1500)).toBeLessThan(-60);
  });

  it('may ask for user and password, which go to its own server alone', async () => {
    serve('/private.wav', (request, response) => {
      const expected = `Basic ${Buffer.from('us@er:p:ss').toString('base64')}`;
      if (request.headers.authorization !== expected) response.writeHead(401).end();
      else response.writeHead(302, { location: `http://127.0.0.1:${portOf(other)}/elsewhere.wav` }).end();
    });
    serve('/elsewhere.wav', wav(1, 8000, tone(700, 8000, 0.1, 0.5)));
    expect((await hear(url('/private.wav', 'us%40er:p%3Ass@'))).length).toBe(800);
    expect(requests.map((request) => request.headers.authorization !== undefined)).toEqual([true, false]);
    await expect(hear(url('/private.wav', 'user:secret@'))).rejects.toMatchObject({
      code: 'prompt_fetch_failed',
      message: `http://127.0.0.1:${portOf(server)}/private.wav was not fetched: the answer is 401`,
    });
  });

  it('may redirect five times, not more', async () => {
    const hop = (request: IncomingMessage, response: ServerResponse): void => {
      const left = Number(new URL(request.url ?? '', 'http://x').searchParams.get('left'));
      response.writeHead(307, { location: left > 1 ? `?left=${left - 1}` : '/end.wav' }).end('moved');
    };
    serve('/hop', hop);
    serve('/end.wav', wav(1, 8000, tone(700, 8000, 0.1, 0.5)));
    expect((await hear(url('/hop?left=5'))).length).toBe(800);
    await expect(hear(url('/hop?left=6'))).rejects.toMatchObject({
      code: 'prompt_fetch_failed',
      message: expect.stringContaining('more than 5 times'),
    });
  });

  it.each(['file:///etc/passwd', 'ftp://127.0.0.1/', undefined])('may not redirect to %s', async (location) => {
    serve('/away', (_, response) => response.writeHead(302, location === undefined ? {} : { location }).end());
    await expect(hear(url('/away'))).rejects.toMatchObject({ code: 'prompt_fetch_failed' });
  });

  it.each([404, 410, 500, 304])('that answers %d says so, without its credentials', async (status) => {
    serve('/gone.wav', (_, response) => response.writeHead(status).end());
    const error = await hear(url('/gone.wav?signature=secret', 'user:secret@')).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'prompt_fetch_failed',
      message: `http://127.0.0.1:${portOf(server)}/gone.wav?... was not fetched: the answer is ${status}`,
      details: { status },
    });
    expect(JSON.stringify(error)).not.toContain('secret');
  });

  it.each([
    ['text', Buffer.from('<html>Not found</html>')],
    ['nothing', Buffer.alloc(0)],
    ['a picture', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')],
    ['a playlist of our files', Buffer.from('#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n')],
    ['a list of our files', Buffer.from("ffconcat version 1.0\nfile '/etc/hostname'\n")],
  ])('that holds %s is no audio', async (_, body) => {
    serve('/odd', body);
    await expect(hear(url('/odd'))).rejects.toMatchObject({
      code: 'prompt_undecodable',
      message: expect.stringContaining(`http://127.0.0.1:${portOf(server)}/odd is no audio`),
    });
  });

  it('is refused if it is too large, announced or not', async () => {
    serve('/announced', (_, response) => {
      response.writeHead(200, { 'content-length': '200000000' });
      response.write('RIFF');
    });
    serve('/endless', (_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(10_000)));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    });
    await expect(hear(url('/announced'))).rejects.toMatchObject({
      code: 'prompt_too_large',
      details: { bytes: 200_000_000 },
    });
    await expect(hear(url('/endless'), { maxBytes: 1_000_000 })).rejects.toMatchObject({ code: 'prompt_too_large' });
  });

  it.each([
    ['never answers', (): void => undefined],
    ['stops in the middle', (_: IncomingMessage, response: ServerResponse): void => void response.write('RIFF')],
  ])('is given up if its server %s', async (_, answer) => {
    serve('/slow', answer);
    await expect(hear(url('/slow'), { totalTimeoutMs: 300 })).rejects.toMatchObject({
      code: 'prompt_fetch_failed',
      message: expect.stringContaining('within 300 ms'),
    });
  });

  it('is given up if its answer does not begin in time', async () => {
    serve('/slow', () => undefined);
    await expect(hear(url('/slow'), { headersTimeoutMs: 1000 })).rejects.toMatchObject({
      code: 'prompt_fetch_failed',
      message: expect.stringMatching(/headers timeout/i),
    });
  });

  it('is refused if the connection breaks', async () => {
    serve('/cut', (_, response) => {
      response.writeHead(200, { 'content-length': '1000000' });
      response.write(Buffer.alloc(1000), () => response.destroy());
    });
    await expect(hear(url('/cut'))).rejects.toMatchObject({ code: 'prompt_fetch_failed' });
    const free = await listen(handle);
    const port = portOf(free);
    await new Promise((resolve) => free.close(resolve));
    await expect(hear(new URL(`http://127.0.0.1:${port}/`))).rejects.toMatchObject({
      code: 'prompt_fetch_failed',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('is refused where the address guard forbids it, even behind a redirect', async () => {
    const guard = createOutboundDispatcher({ allowHosts: [`127.0.0.1:${portOf(server)}`] });
    serve('/inside', (_, response) =>
      response.writeHead(302, { location: `http://127.0.0.1:${portOf(other)}/x.wav` }).end(),
    );
    await expect(hear(url('/inside'), { dispatcher: guard })).rejects.toMatchObject({
      code: 'outbound_address_refused',
    });
    expect(requests.length).toBe(1);
    await guard.close();
  });

  it('leaves nothing when it is closed while it is fetched', async () => {
    serve('/slow', (_, response) => void response.write('RIFF'));
    const source = open(url('/slow'));
    expect(source.read()).toBe('wait');
    await eventually('the request', () => requests.length === 1);
    await eventually('the file', async () => (await readdir(scratch)).length === 1);
    await source.close();
    expect(await readdir(scratch)).toEqual([]);
    expect(source.read()).toBeUndefined();
  });

  it('leaves nothing when it is closed while ffmpeg decodes an hour of it', async () => {
    const input = ['-f', 'lavfi', '-i', 'anullsrc=r=8000:cl=mono', '-t', '3600'];
    await run(ffmpeg, ['-y', '-loglevel', 'error', ...input, '-c:a', 'flac', join(media, 'hour.flac')]);
    serve('/hour.flac', await readFile(join(media, 'hour.flac')));
    const source = open(url('/hour.flac'));
    await eventually('its first frame', () => source.read() !== 'wait');
    expect(await processesWith(scratch)).toHaveLength(1);
    await source.close();
    expect(await processesWith(scratch)).toEqual([]);
    expect(await readdir(scratch)).toEqual([]);
  });

  it('says that ffmpeg is missing', async () => {
    serve('/a.mp3', await encoded('b.mp3', '-b:a', '64k'));
    await expect(hear(url('/a.mp3'), { ffmpeg: '/nonexistent/ffmpeg' })).rejects.toMatchObject({
      code: 'ffmpeg_missing',
    });
  });

  it('says that there is no folder for it', async () => {
    serve('/a.wav', wav(1, 8000, new Int16Array(0)));
    await expect(hear(url('/a.wav'), { tmpDir: join(scratch, 'missing') })).rejects.toMatchObject({
      code: 'prompt_file_failed',
      message: expect.stringContaining('ENOENT'),
    });
  });
});
