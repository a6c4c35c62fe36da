import { performance } from 'node:perf_hooks';
import { afterEach, expect, test } from 'vitest';
import { partsOf } from '../kit/leftovers.ts';
import { processesOf, waitUntilGone } from '../kit/processes.ts';
import { type Stage, startStage } from '../kit/stage.ts';
import { eventually } from '../parts/eventually.ts';

let stage: Stage;

afterEach(() => stage.abandon());

/** The first call finds out by the time-out of its first command (rtpengine.timeout, 1.5 s). */
const firstWithinMs = 3000;
/** Later ones are refused by what is known. */
const laterWithinMs = 500;

const finalOf = async (number: string): Promise<{ status: number; tookMs: number }> => {
  const startedAt = performance.now();
  const status = await (await stage.dial(number)).final;
  return { status, tookMs: performance.now() - startedAt };
};

/** Once it is known that a part is away: calls are refused at once, and the server goes down in order. */
const expectRefusals = async (): Promise<void> => {
  const { server } = stage;
  await eventually('/healthz to answer 503', async () => (await fetch(`${server.http}/healthz`)).status === 503);
  const { status, tookMs } = await finalOf('1000');
  expect(status).toBe(503);
  expect(tookMs, 'ms until a call was refused').toBeLessThan(laterWithinMs);
  const family = await processesOf(server.pid);
  expect(await server.stop('SIGTERM')).toBe(0);
  await waitUntilGone(family);
};

test('while rtpengine is away, calls are refused with 503 at once', async () => {
  stage = await startStage();
  stage.host.serve('1000', [{ record_call: {} }]);
  process.kill(partsOf(stage.server).pids.rtpengine, 'SIGKILL');
  const { status, tookMs } = await finalOf('1000');
  expect(status).toBe(503);
  expect(tookMs, 'ms until the first call was refused').toBeLessThan(firstWithinMs);
  await expectRefusals();
});

test('while Redis is away, calls are refused with 503 at once', async () => {
  stage = await startStage();
  stage.host.serve('1000', [{ record_call: {} }]);
  process.kill(partsOf(stage.server).pids.redis, 'SIGKILL');
  await expectRefusals();
});
