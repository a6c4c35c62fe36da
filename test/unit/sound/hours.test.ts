import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeSpool } from '../../sound/encode-spool.ts';
import { type LongCall, longCalls, recordLongCall } from '../../sound/hours.ts';
import { syncMs } from '../track/tolerances.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sipreel-hours-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const timeoutMs = 180_000;

/** An hour where clocks have time to drift apart or much happens; npm run measure:sound has an hour of each. */
const calls: readonly LongCall[] = [
  longCalls.clocks,
  { ...longCalls.loss, seconds: 900 },
  { ...longCalls.silence, seconds: 900 },
  longCalls.changes,
];

test.each(calls)(
  '$seconds s of $name are as long as the clock, left with right at each point',
  async (call) => {
    const { lengthMs, worstMs, apartMs, found, said } = await recordLongCall(root, call);
    expect(lengthMs).toBeLessThanOrEqual(syncMs);
    expect(apartMs).toBeLessThanOrEqual(syncMs);
    expect(Math.max(worstMs.speak, worstMs.listen)).toBeLessThanOrEqual(syncMs);
    // A marker is lost with its packet.
    expect(found / said).toBeGreaterThan(0.6);
  },
  timeoutMs,
);

test(
  'a call of 23 minutes is a WAV file of 23 minutes, and its header says so',
  async () => {
    const seconds = 23 * 60;
    const { spool } = await recordLongCall(root, { name: '', seconds, speak: { jitterMs: 30 }, listen: {} });
    const file = join(root, '23.wav');
    const header = await encodeSpool(spool, file, 'wav');
    const bytes = seconds * 8000 * 2 * 2;
    expect(header).toMatchObject({ channels: 2, sampleRate: 8000, dataBytes: bytes });
    expect((await stat(file)).size).toBe((header?.dataOffset ?? 0) + bytes);
  },
  timeoutMs,
);
