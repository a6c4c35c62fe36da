import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Finding } from '../../../src/doctor/finding.ts';
import { type EmbeddedParts, startEmbedded } from '../../../src/embedded/embedded.ts';
import { type CliResult, runCli } from '../../kit/cli.ts';
import { freePort } from '../redis.ts';

let folder: string;
let parts: EmbeddedParts;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sipreel-doctor-'));
  const sip = { host: '127.0.0.1', port: 0 };
  parts = await startEmbedded({ dataDir: folder, sip, log: pino({ level: 'silent' }) });
});
afterAll(async () => {
  await parts?.close();
  await rm(folder, { recursive: true, force: true });
});

interface Report {
  readonly ok: boolean;
  readonly failed: number;
  readonly findings: readonly Finding[];
}

const examine = async (settings: Readonly<Record<string, unknown>> = {}): Promise<CliResult & { report: Report }> => {
  const { rtpengine, drachtio, redisUrl } = parts;
  const all = {
    'redis.url': redisUrl,
    'rtpengine.servers': [`${rtpengine.host}:${rtpengine.port}`],
    'sip.drachtio': [{ address: `${drachtio.address.host}:${drachtio.address.port}`, secret: drachtio.secret }],
    ...settings,
  };
  const words = Object.entries(all).flatMap(([key, value]) => ['--set', `${key}=${JSON.stringify(value)}`]);
  const result = await runCli(['doctor', '--json', '--data', folder, ...words]);
  expect(result.stdout, result.stderr).toMatch(/^\{.*\}\n$/);
  return { ...result, report: JSON.parse(result.stdout) as Report };
};

const failures = ({ findings }: Report): string[] =>
  findings.filter(({ status }) => status === 'fail').map(({ check }) => check);

test('a server with all its parts passes, and what they are is told', async () => {
  const { code, report } = await examine();
  expect(failures(report)).toEqual([]);
  expect([code, report.ok]).toEqual([0, true]);
  const { host, port } = parts.rtpengine;
  const found = Object.fromEntries(report.findings.map((finding) => [finding.check, finding]));
  expect(found[`rtpengine ${host}:${port} version`]?.found).toMatch(/^\d+\.\d+.*without the kernel module$/);
  expect(found[`rtpengine ${host}:${port} options`]).toMatchObject({ found: 'dtmf-no-suppress is set' });
  expect(found[`storage disk ${folder}/recordings`]?.found).toMatch(/^written, read back and removed in \d+ ms$/);
  expect(found.clock?.status).toBe('ok');
});

test('each part that is broken is named, with what to do about it', async () => {
  const bare = join(folder, 'ffmpeg');
  await writeFile(bare, '#!/bin/sh\n[ "$2" != -version ] || echo "ffmpeg version 0.1 Copyright"\n');
  await chmod(bare, 0o755);
  const dead = await freePort();
  const { host, port } = parts.drachtio.address;
  const redis = new Redis(parts.redisUrl);
  await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
  try {
    const { code, report } = await examine({
      'encode.ffmpeg': bare,
      'rtpengine.servers': [`127.0.0.1:${dead}`],
      'rtpengine.timeout': '300ms',
      'sip.drachtio': [{ address: `${host}:${port}`, secret: 'not it' }],
      'capture.address': '192.0.2.1',
      'data.dir': '/dev/null/none',
      'storage.stores': [{ disk: '/dev/null/none/recordings' }],
      'http.listen': '0.0.0.0:8080',
    });
    expect(code).toBe(1);
    expect(failures(report).sort()).toEqual(
      [
        'Redis memory',
        'capture.address',
        `drachtio ${host}:${port}`,
        'ffmpeg encoders',
        'keys',
        `rtpengine 127.0.0.1:${dead}`,
        'spool folder',
        'storage disk /dev/null/none/recordings',
      ].sort(),
    );
    for (const { status, remedy } of report.findings) expect(remedy !== undefined).toBe(status !== 'ok');
  } finally {
    await redis.config('SET', 'maxmemory-policy', 'noeviction');
    redis.disconnect();
  }
});

test('a store that fails beside one that works is a warning', async () => {
  const { report } = await examine({ 'storage.stores': [{ disk: '/dev/null/none/recordings' }, { disk: '' }] });
  const stores = report.findings.filter(({ check }) => check.startsWith('storage'));
  expect(stores.map(({ status }) => status)).toEqual(['warn', 'ok']);
});

test('a wrong configuration is a finding; people get a table', async () => {
  const { code, stdout } = await runCli(['doctor', '--set', 'redis.ulr=redis://x', '--set', 'capture.threads=0']);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^ok {4}Node\.js +v\d/);
  expect(stdout).toMatch(/^FAIL {2}configuration +the settings: 2 problems\n/m);
  expect(stdout).toMatch(/^ +-> Correct the listed keys/m);
  expect((await runCli(['doctor', '--speed'])).code).toBe(2);
  expect((await runCli(['doctor', '--help'])).stdout).toMatch(/^sipreel doctor: /);
});
