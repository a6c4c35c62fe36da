import { execFile } from 'node:child_process';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { createWorkerProcess } from '../../../dist/recorder/encode/worker-process.js';
import { eventually } from '../eventually.ts';

test('a worker that the machine has no files or memory for is started as soon as it has', async () => {
  const lines: { readonly code?: number; readonly err?: { readonly code: string } }[] = [];
  const log = pino(
    new Writable({
      write(line: Buffer, _encoding, done) {
        lines.push(JSON.parse(line.toString()));
        done();
      },
    }),
  );
  // It says what it is and ends.
  const worker = createWorkerProcess({ args: ['version'], log });
  const { execPath } = process;
  try {
    process.execPath = '/nowhere/node';
    worker.start();
    await eventually('it cannot be started', () => worker.restarts() > 0);
    expect(lines[0]).toMatchObject({ err: { code: 'ENOENT' }, msg: expect.stringContaining('started again') });
    expect(worker.pid()).toBeUndefined();
    process.execPath = execPath;
    await eventually('it has run', () => lines.some(({ code }) => code === 0));
  } finally {
    process.execPath = execPath;
    await worker.close();
  }
});

/** Starts a worker and dies, before that can know of it. */
const hastyParent = `
import { fork } from 'node:child_process';
const settings = ['--set', 'redis.url=redis://127.0.0.1:1', '--set', 'log.level=silent'];
const worker = fork(process.argv[1], ['serve', '--role', 'worker', ...settings], {
  ...{ detached: true, execArgv: [] },
  stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
});
process.stdout.write(String(worker.pid), () => process.kill(process.pid, 'SIGKILL'));
`;

test('a worker whose parent is killed while it starts ends, too', async () => {
  const main = fileURLToPath(new URL('../../../dist/main.js', import.meta.url));
  const parent = promisify(execFile)(process.execPath, ['--input-type=module', '-e', hastyParent, main]);
  const { stdout } = await parent.catch((killed: { readonly stdout: string }) => killed);
  const pid = Number(stdout);
  const lives = (): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  expect(lives()).toBe(true);
  try {
    await eventually('it to end', () => !lives(), 25_000);
  } finally {
    if (lives()) process.kill(pid, 'SIGKILL');
  }
}, 30_000);
