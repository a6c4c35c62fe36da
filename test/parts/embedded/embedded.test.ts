import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterEach, expect, test } from 'vitest';
import { probeControl } from '../../../src/embedded/control-probe.ts';
import { type EmbeddedOptions, type EmbeddedParts, startEmbedded } from '../../../src/embedded/embedded.ts';
import { freePort } from '../../../src/embedded/ports.ts';
import type { SipreelError } from '../../../src/errors/error.ts';
import { createRtpengine } from '../../../src/rtpengine/rtpengine.ts';
import { parseAudio } from '../../../src/sdp/audio.ts';
import { writeAudio } from '../../../src/sdp/write.ts';
import { eventually } from '../eventually.ts';

const log = pino({ level: 'silent' });
const cleanUp: (() => Promise<unknown>)[] = [];

const newDataDir = async (): Promise<string> => {
  const dir = await mkdtemp(join(tmpdir(), 'sipreel-embedded-'));
  cleanUp.push(() => rm(dir, { recursive: true, force: true }));
  return dir;
};

const start = async (options: Partial<EmbeddedOptions> = {}): Promise<EmbeddedParts> => {
  const dataDir = options.dataDir ?? (await newDataDir());
  const parts = await startEmbedded({ sip: { host: '127.0.0.1', port: 0 }, log, ...options, dataDir });
  cleanUp.push(() => parts.close());
  return parts;
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const redisOf = (parts: EmbeddedParts): Redis => {
  const redis = new Redis(parts.redisUrl, { retryStrategy: () => null });
  // A test that ends its redis-server has to live with the lost connection.
  redis.on('error', () => undefined);
  cleanUp.push(async () => redis.disconnect());
  return redis;
};

/** The media ports that an rtpengine gives to new calls. */
const offerCalls = async (parts: EmbeddedParts, count: number): Promise<number[]> => {
  const rtpengine = createRtpengine({ address: parts.rtpengine, log });
  cleanUp.push(async () => rtpengine.close());
  const sdp = writeAudio({
    address: '127.0.0.1',
    port: 40_000,
    payloadTypes: [0],
    payloads: { 0: { codec: 'PCMU', clockRate: 8000, channels: 1 } },
    direction: 'sendrecv',
  });
  const offer = (_: unknown, i: number) =>
    rtpengine.command('offer', { 'call-id': `call-${i}`, 'from-tag': 'party', sdp });
  const replies = await Promise.all(Array.from({ length: count }, offer));
  return replies.map((reply) => parseAudio(reply.sdp ?? '').port);
};

afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

test('the embedded parts answer, each at the address it is said to have, and are gone after close', async () => {
  const parts = await start();
  expect(parts.sip.host).toBe('127.0.0.1');

  const redis = redisOf(parts);
  expect(await redis.ping()).toBe('PONG');
  expect(await redis.config('GET', 'appendonly')).toEqual(['appendonly', 'yes']);
  expect(await redis.config('GET', 'bind')).toEqual(['bind', '127.0.0.1']);
  expect(await offerCalls(parts, 1)).toHaveLength(1);

  const { address, secret } = parts.drachtio;
  const sipAddresses = await probeControl(address.host, address.port, secret);
  expect(sipAddresses?.toSorted()).toEqual([`tcp/127.0.0.1:${parts.sip.port}`, `udp/127.0.0.1:${parts.sip.port}`]);
  expect(await probeControl(address.host, address.port, 'another secret'), 'a wrong secret').toBeUndefined();

  expect(Object.keys(parts.pids).sort()).toEqual(['redis', 'rtpengine', 'sip']);
  await Promise.all([parts.close(), parts.close()]);
  expect(Object.entries(parts.pids).filter(([, pid]) => isAlive(pid))).toEqual([]);
});

test('two at once live together: no media port is given by both', async () => {
  const [one, other] = await Promise.all([start({ calls: 30 }), start({ calls: 30 })]);
  const [ports, otherPorts] = await Promise.all([offerCalls(one, 30), offerCalls(other, 30)]);
  expect(new Set([...ports, ...otherPorts]).size, `${ports} and ${otherPorts}`).toBe(60);
});

test('a part that dies by itself is reported by name', async () => {
  const deaths: SipreelError[] = [];
  const parts = await start({ onDied: (error) => deaths.push(error) });
  process.kill(parts.pids.rtpengine ?? 0, 'SIGKILL');
  const error = await eventually('the report', () => deaths[0]);
  expect(error.code).toBe('part_failed');
  expect(error.message).toContain('rtpengine died (by SIGKILL)');
  await parts.close();
  expect(deaths, 'close() itself is no death').toHaveLength(1);
});

test('what Redis has confirmed is there after it was killed and all was started again', async () => {
  const dataDir = await newDataDir();
  const before = await start({ dataDir });
  await redisOf(before).set('owed', 'one event');
  process.kill(before.pids.redis ?? 0, 'SIGKILL');
  await before.close();
  const after = await start({ dataDir });
  expect(await redisOf(after).get('owed')).toBe('one event');
});

test('a data directory whose redis-server runs is not used by a second one', { timeout: 20_000 }, async () => {
  const dataDir = await newDataDir();
  const first = await start({ dataDir });
  await expect(start({ dataDir })).rejects.toThrow(`redis-server with pid ${first.pids.redis} uses ${dataDir}`);
  expect(await redisOf(first).ping()).toBe('PONG');
});

test('a SIP port that is taken, or an address that is not ours, is refused and nothing is left running', async () => {
  const taken = createServer().listen(await freePort('both'), '127.0.0.1');
  await once(taken, 'listening');
  cleanUp.push(async () => taken.close());
  const address = taken.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const dataDir = await newDataDir();

  const refusals: [string, number, RegExp][] = [
    ['127.0.0.1', port, /SIP can't be taken at 127\.0\.0\.1:\d+: the port is taken/],
    ['192.0.2.1', 0, /SIP can't be taken at 192\.0\.2\.1:0/],
    ['0.0.0.0', 5060, /must be one of ours/],
  ];
  for (const [host, sipPort, message] of refusals) {
    const error = await start({ dataDir, sip: { host, port: sipPort } }).catch((thrown: SipreelError) => thrown);
    expect(error).toMatchObject({ code: 'embedded_address_invalid', message: expect.stringMatching(message) });
  }
  // The directory is free again at once, so its redis-server is gone.
  await start({ dataDir });
});

test('a missing program is named with what to install', async () => {
  const path = process.env.PATH;
  process.env.PATH = '';
  cleanUp.push(async () => {
    process.env.PATH = path;
  });
  const error = await start({ drachtioBin: '/nowhere/drachtio' }).catch((thrown: SipreelError) => thrown);
  expect(error).toMatchObject({
    code: 'part_missing',
    message: expect.stringMatching(/install (the Debian|drachtio)/),
  });
});

test('nothing outlives a kill -9 of the process that started it', async () => {
  const module = fileURLToPath(new URL('../../../dist/embedded/embedded.js', import.meta.url));
  const script = `
    const { startEmbedded } = await import(${JSON.stringify(module)});
    const { pino } = await import('pino');
    const parts = await startEmbedded({ dataDir: process.argv[1], sip: { host: '127.0.0.1', port: 0 }, log: pino({ level: 'silent' }) });
    console.log(JSON.stringify(parts.pids));
    setInterval(() => {}, 1000);`;
  const owner = spawn(process.execPath, ['--input-type=module', '-e', script, await newDataDir()], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  cleanUp.push(async () => owner.kill('SIGKILL'));
  const [line] = (await once(createInterface({ input: owner.stdout }), 'line')) as [string];
  const pids = Object.entries(JSON.parse(line) as Record<string, number>);
  expect(pids.filter(([, pid]) => isAlive(pid))).toHaveLength(3);
  owner.kill('SIGKILL');
  await eventually(`the end of ${line}`, () => pids.every(([, pid]) => !isAlive(pid)), 2000);
});
