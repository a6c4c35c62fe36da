import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createFlushWheel } from '../../../src/recorder/capture/flush-wheel.ts';

interface Counted {
  readonly flushedAt: number[];
  readonly tickedAt: number[];
  flush(): void;
  tick(): void;
}

const counted = (): Counted => {
  const flushedAt: number[] = [];
  const tickedAt: number[] = [];
  return {
    flushedAt,
    tickedAt,
    flush: () => flushedAt.push(performance.now()),
    tick: () => tickedAt.push(performance.now()),
  };
};

const gaps = (times: readonly number[]): number[] => times.slice(1).map((t, i) => t - (times[i] ?? 0));

describe('the flush wheel', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('flushes each recording at its interval and ticks it four times as often', () => {
    const wheel = createFlushWheel(400);
    const recordings = Array.from({ length: 20 }, counted);
    for (const recording of recordings) wheel.add(recording);
    vi.advanceTimersByTime(4000);
    for (const { flushedAt, tickedAt } of recordings) {
      expect(flushedAt).toHaveLength(10);
      expect(new Set(gaps(flushedAt))).toEqual(new Set([400]));
      expect(new Set(gaps(tickedAt))).toEqual(new Set([100]));
    }
  });

  it('never flushes more than an eighth of them at a time', () => {
    const wheel = createFlushWheel(400);
    const recordings = Array.from({ length: 32 }, counted);
    for (const recording of recordings) wheel.add(recording);
    vi.advanceTimersByTime(400);
    const together = recordings.map(({ flushedAt }) => flushedAt[0]);
    for (const time of new Set(together)) expect(together.filter((other) => other === time)).toHaveLength(4);
  });

  it('fills the places of those that are gone, and has no timer when nobody is left', () => {
    const wheel = createFlushWheel(400);
    const first = Array.from({ length: 8 }, counted);
    for (const recording of first) wheel.add(recording);
    const gone = first[3] as Counted;
    wheel.remove(gone);
    const late = counted();
    wheel.add(late);
    vi.advanceTimersByTime(400);
    expect([gone.flushedAt.length, late.flushedAt.length]).toEqual([0, 1]);
    expect(new Set([...first, late].flatMap(({ flushedAt }) => flushedAt)).size).toBe(8);
    for (const recording of [...first, late]) wheel.remove(recording);
    expect(vi.getTimerCount()).toBe(0);
    wheel.add(late);
    expect(vi.getTimerCount()).toBe(1);
  });
});
