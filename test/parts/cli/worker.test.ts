import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli, startCli } from '../../kit/cli.ts';
import { eventually } from '../eventually.ts';
import { freePort, startRedis, type TestRedis } from '../redis.ts';

let redis: TestRedis;
let folder: string;

beforeAll(async () => {
  redis = await startRedis();
  folder = await mkdtemp(join(tmpdir(), 'sipreel-worker-'));
});
afterAll(async () => {
  await redis.stop();
  await rm(folder, { recursive: true, force: true });
});

test('a worker whose address is taken says so and ends', async () => {
  const taken = `worker_listen=127.0.0.1:${redis.port}`;
  const { code, stderr } = await runCli([
    ...['serve', '--role', 'worker', '--set', `http.${taken}`],
    ...['--set', `redis.url=${redis.url}`, '--set', `data.dir=${folder}`],
  ]);
  expect(stderr).toContain(`cannot listen on 127.0.0.1:${redis.port}`);
  expect(code).not.toBe(0);
});

test('a worker apart has /metrics, /livez and /readyz of its own, and the keys of its node', async () => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const settings = ['--set', `redis.url=${redis.url}`, '--set', `data.dir=${folder}`];
  const worker = await startCli([
    'serve',
    '--role',
    'worker',
    '--json',
    ...settings,
    '--set',
    `http.worker_listen=127.0.0.1:${port}`,
  ]);
  try {
    await worker.written(`{"ready":true,"http":{"host":"127.0.0.1","port":${port}}}`);
    expect(await (await fetch(`${url}/livez`)).json()).toMatchObject({ ok: true });
    await eventually('the worker to be ready', async () => (await fetch(`${url}/readyz`)).ok);
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).toContain('sipreel_redis_up{role="worker"} 1');
    expect(text).toMatch(/^process_resident_memory_bytes\{role="worker"\} \d+/m);
    expect(text).not.toContain('sipreel_calls_active');
    expect((await fetch(`${url}/api/calls`)).status).toBe(404);

    const { stdout } = await runCli(['key', 'create', '--name', 'prometheus', ...settings]);
    await eventually('the worker to ask for a key', async () => (await fetch(`${url}/metrics`)).status === 401);
    const headers = { authorization: `Bearer ${stdout.trim()}` };
    await eventually('the key to open it', async () => (await fetch(`${url}/metrics`, { headers })).ok);

    await redis.stop();
    const away = await eventually('the worker to miss Redis', async () => {
      const answer = await fetch(`${url}/readyz`);
      return answer.status === 503 && answer.json();
    });
    expect(away).toEqual({ ok: false, away: ['redis'], dependencies: [{ name: 'redis', ok: false }] });
    expect((await fetch(`${url}/livez`)).status).toBe(200);
  } finally {
    worker.kill('SIGTERM');
    await worker.result;
  }
});
