import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { channelDb, decode, describe } from '../kit/files.ts';

interface Told {
  readonly dir: string;
  readonly killed: string;
  readonly spread: readonly number[];
  readonly recordings: readonly { node_id: string; duration: number; end_reason: string; copy: string }[];
}

/** How long the demo's callers talk, and when it kills the first switch, s: after all calls are recorded. */
const [talksS, killedAfterS] = [4, 1.5];
/** What a kill -9 may cost, s. */
const mostLostS = 1;

test('calls spread over switches, a killed one is replaced, and workers that come later make every file', async () => {
  const args = [
    'deploy/cluster-demo/main.mjs',
    '--json',
    '--switches',
    '2',
    '--calls',
    '4',
    '--seconds',
    String(talksS),
  ];
  const { stdout } = await promisify(execFile)(process.execPath, args).catch((error: unknown) => {
    throw new Error(`the demo failed: ${(error as { stderr?: string }).stderr}`, { cause: error });
  });
  const { dir, killed, spread, recordings } = JSON.parse(stdout) as Told;
  try {
    expect(spread).toEqual([2, 2]);
    expect(recordings).toHaveLength(5);
    for (const { node_id, duration, end_reason, copy } of recordings) {
      const print = await describe(copy, [440]);
      const sound = await decode(copy);
      expect(channelDb(sound, 0, 440, 0.25, -0.25), print).toBeGreaterThan(-30);
      expect(sound.durationS, print).toBeCloseTo(duration, 1);
      expect(end_reason).toBe(node_id === killed ? 'error' : 'hangup');
      expect(duration).toBeGreaterThan(node_id === killed ? killedAfterS - mostLostS : 1.5);
    }
    expect(recordings.filter(({ node_id }) => node_id === killed)).toHaveLength(2);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
