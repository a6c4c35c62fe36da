import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { afterAll, expect, test } from 'vitest';
import { parseArguments } from '../../../src/cli/arguments.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { freePort } from '../redis.ts';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'sipreel-deploy-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(['userspace.conf', 'kernel.conf'])('rtpengine knows each option of %s', async (name) => {
  // Of a name that it does not know it says nothing.
  const { stdout } = await run('rtpengine', ['--help']);
  const known = new Set([...stdout.matchAll(/--([\w-]+)/g)].map((match) => match[1]));
  const lines = readFileSync(join('deploy/rtpengine', name), 'utf8').split('\n');
  const options = lines.flatMap((line) => /^([\w-]+) = /.exec(line)?.[1] ?? []);
  expect(options.length).toBeGreaterThan(5);
  expect(options.filter((option) => !known.has(option))).toEqual([]);
});

test('Redis takes redis.conf, and then does not forget', async () => {
  const port = await freePort();
  const server = spawn('redis-server', [resolve('deploy/redis/redis.conf'), '--port', String(port), '--dir', folder]);
  const exited = once(server, 'exit');
  const redis = new Redis(port, '127.0.0.1').on('error', () => undefined); // It starts: asked again until it is there.
  try {
    expect(await redis.config('GET', 'appendonly', 'maxmemory-policy')).toEqual(
      expect.arrayContaining(['appendonly', 'yes', 'maxmemory-policy', 'noeviction']),
    );
  } finally {
    redis.disconnect();
    server.kill('SIGKILL');
    await exited;
  }
});

test('Prometheus takes prometheus.yml, with its rules', async () => {
  const { stdout } = await run('promtool', ['check', 'config', 'deploy/prometheus/prometheus.yml']);
  expect(stdout).toContain('1 rule files found');
});

test.each([
  ['kamailio', 'deploy/handover/kamailio.cfg', 'config file ok'],
  ['haproxy', 'deploy/redis/haproxy.cfg', 'Configuration file is valid'],
])('%s finds nothing wrong with %s', async (program, sample, fine) => {
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };
  const { stdout, stderr } = await run(program, ['-c', '-f', sample], { env });
  expect(`${stdout}${stderr}`).toContain(fine);
  expect(`${stdout}${stderr}`).not.toMatch(/ERROR|ALERT/);
});

test('Prometheus takes kubernetes.yml, but for the discovery that Debian builds it without', async () => {
  const written = readFileSync('deploy/prometheus/kubernetes.yml', 'utf8');
  const file = join(folder, 'kubernetes.yml');
  writeFileSync(file, written.replace('kubernetes_sd_configs: [{ role: pod }]', 'static_configs: [{ targets: [a] }]'));
  await run('promtool', ['check', 'config', file]);
});

test.each(['sipreel-switch.service', 'sipreel-worker.service'])('systemd finds nothing wrong with %s', async (name) => {
  const unit = readFileSync(join('deploy/systemd', name), 'utf8');
  const [, command = ''] = /^ExecStart=(.+)$/m.exec(unit) ?? [];
  const [node, program, ...args] = command.split(' ');
  expect([node, program]).toEqual(['/usr/bin/node', '/usr/lib/sipreel/dist/main.js']);
  const given = parseArguments(args);
  expect(given).toMatchObject({ command: 'serve', role: /switch|worker/.exec(name)?.[0] });
  if (name.includes('switch')) {
    const [, hours, minutes] = /^TimeoutStopSec=(\d+)h(\d+)min$/m.exec(unit) ?? [];
    const { drain } = loadConfig({ file: 'deploy/config/sipreel.yaml' });
    expect(Number(hours) * 3_600_000 + Number(minutes) * 60_000).toBeGreaterThan(drain.limit);
  }
  // Programs, documents and neighbours that are not on this machine would be told too.
  const here = unit
    .replace(/^ExecStart=\S+/m, `ExecStart=${process.execPath}`)
    .replace(/^Documentation=.*\n/m, '')
    .replace(/^(Wants|After)=.*\n/gm, '');
  const file = join(folder, name);
  writeFileSync(file, here);
  const { stdout, stderr } = await run('systemd-analyze', ['verify', '--man=no', file], {
    env: { ...process.env, SYSTEMD_LOG_LEVEL: 'warning', SYSTEMD_UNIT_PATH: `${folder}:` },
  });
  expect(`${stdout}${stderr}`.split('\n').filter((line) => line.includes(name))).toEqual([]);
});

test('both units are hardened alike', () => {
  const protections = readdirSync('deploy/systemd').map((name) =>
    readFileSync(join('deploy/systemd', name), 'utf8')
      .split('\n')
      .filter((line) => /^(Protect|Private|Restrict|NoNew|System|Cap|Amb|Lock|UMask|User|State)/.test(line)),
  );
  expect(protections[0]).toEqual(protections[1]);
  expect(protections[0]?.length).toBeGreaterThan(20);
});
