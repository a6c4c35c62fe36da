import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { callsIn, waitForNoCalls } from '../../kit/leftovers.ts';
import { createPhone } from '../../kit/phone.ts';
import { processesOf, waitUntilGone } from '../../kit/processes.ts';
import { call } from '../../kit/sip-ua.ts';
import { eventually } from '../eventually.ts';
import { startSampleApp } from './sample-app.ts';

test('a call that is still in rtpengine is found, and gone after it was hung up', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'sipreel-kit-'));
  const app = await startSampleApp(dataDir);
  const phone = await createPhone({ hz: 440 });
  try {
    await waitForNoCalls(app.parts.rtpengine);
    const placed = await call({ target: app.parts.sip, phone });
    await placed.answered;
    expect(await callsIn(app.parts.rtpengine)).toEqual([placed.callId]);
    await expect(waitForNoCalls(app.parts.rtpengine, 100)).rejects.toThrow(
      `rtpengine still has 1 calls: ${placed.callId}`,
    );
    await placed.close();
    await waitForNoCalls(app.parts.rtpengine);
  } finally {
    await phone.close();
    await app.close();
    await rm(dataDir, { recursive: true, force: true });
  }
});

test('a process that outlives its parent is found by name', async () => {
  const grandchild = `setInterval(() => {}, 1000); // grandchild`;
  const script = `
    const { spawn } = require('node:child_process');
    spawn(process.execPath, ['-e', ${JSON.stringify(grandchild)}], { stdio: 'ignore' });
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ['-e', script], { stdio: 'ignore' });
  const family = await eventually('both processes', async () => {
    const found = await processesOf(parent.pid ?? 0);
    return found.length === 2 && found[1]?.command.includes('grandchild') && found;
  });
  parent.kill('SIGKILL');
  await expect(waitUntilGone(family, 200)).rejects.toThrow(/still running:\n {2}\d+ .*\/\/ grandchild/);
  process.kill(family[1]?.pid ?? 0, 'SIGKILL');
  await waitUntilGone(family);
});
