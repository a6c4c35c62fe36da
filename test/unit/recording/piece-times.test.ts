import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createLog } from '../../../src/log.ts';
import { createPieceTimes } from '../../../src/recorder/piece-times.ts';

const log = createLog({ level: 'silent', redact: [] });

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** What was asked for, and when, of a recording that started at 1,000 ms of its clock. */
const run = async (everyMs: number, forMs: number, add: () => Promise<void> = () => Promise.resolve()) => {
  const since = Date.now() - 1000;
  const now = (): number => Date.now() - since;
  const asked: { readonly atMs: number; readonly untilMs: number }[] = [];
  const times = createPieceTimes({
    everyMs,
    startedMs: 1000,
    now,
    log,
    add: (untilMs) => {
      asked.push({ atMs: now(), untilMs });
      return add();
    },
  });
  await vi.advanceTimersByTimeAsync(forMs);
  return { asked, times };
};

test('a piece is asked for when the sound of each interval is final and on the disk', async () => {
  const { asked } = await run(60_000, 200_000);
  expect(asked).toHaveLength(3);
  asked.forEach(({ atMs, untilMs }, index) => {
    expect(atMs).toBeGreaterThanOrEqual(1000 + (index + 1) * 60_000 + 10_000);
    expect(atMs).toBeLessThanOrEqual(1000 + (index + 1) * 60_000 + 15_000);
    expect(untilMs).toBe(atMs - 2000);
  });
});

test('one that could not be queued is no reason not to ask for the next', async () => {
  const { asked } = await run(60_000, 200_000, () => Promise.reject(new Error('redis is away')));
  expect(asked).toHaveLength(3);
});

test('none is asked for after the end, and none at all if there are to be none', async () => {
  const { asked, times } = await run(60_000, 80_000);
  times.close();
  await vi.advanceTimersByTimeAsync(200_000);
  expect(asked).toHaveLength(1);
  expect((await run(0, 200_000)).asked).toEqual([]);
});
