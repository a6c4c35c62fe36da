import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readSpool } from '../../../src/recorder/spool/read-spool.ts';
import { listSpools, openSpool } from '../../../src/recorder/spool/spool.ts';
import { createTestFork, spooled, type TestFork, upTo } from './rig.ts';

let root: string;
let fork1: TestFork;
let child: ChildProcess | undefined;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sipreel-killed-'));
  fork1 = await createTestFork();
});
afterAll(async () => {
  child?.kill('SIGKILL');
  fork1.close();
  await rm(root, { recursive: true });
});

/** What the promise allows: a flush interval, and a machine that is busy. */
const mayLoseMs = 1000;

it('kill -9 of a process that captures loses less than a second, and the spool can be finished by another', async () => {
  child = fork(fileURLToPath(new URL('capture-process.mjs', import.meta.url)), [root]);
  const [{ dir, port }] = (await once(child, 'message')) as [{ dir: string; port: number }];
  child.send({ rtpPort: fork1.rtpPort });
  await once(child, 'message');
  const began = performance.now();
  for (let tick = 0; tick < 150; tick++) {
    await sleep(Math.max(0, began + tick * 20 - performance.now()));
    fork1.send(port);
  }
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;

  const { sequences, offsets } = await spooled(dir, 'speak');
  expect(sequences, 'what is there is without gaps').toEqual(upTo(sequences.length));
  expect((fork1.sent - sequences.length) * 20, 'ms of sound lost').toBeLessThan(mayLoseMs);

  expect(await listSpools(root)).toMatchObject([{ dir }]);
  const found = await readSpool(dir);
  expect(found).toMatchObject({ reason: undefined, stopMs: offsets.at(-1), damagedLines: 0 });
  const { journal } = await openSpool(dir);
  await journal.append({ event: 'stopped', t: found.stopMs, reason: 'error' });
  await journal.close();
  expect(await readSpool(dir)).toMatchObject({ reason: 'error', stopMs: found.stopMs });
});
