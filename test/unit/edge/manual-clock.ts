import type { Clock } from '../../../src/edge/clock.ts';

/** A clock that only moves when it is told to. */
export interface ManualClock extends Clock {
  /** Milliseconds since it was made. */
  nowMs(): number;
  /** Moves on, firing the timers that become due, in order. */
  advance(ms: number): void;
  /** How many timers are waiting. */
  waiting(): number;
}

export function createManualClock(): ManualClock {
  let now = 0;
  let order = 0;
  const timers = new Map<number, { readonly at: number; readonly callback: () => void }>();

  function nextDue(until: number): [number, { readonly at: number; readonly callback: () => void }] | undefined {
    return [...timers].filter(([, { at }]) => at <= until).sort((a, b) => a[1].at - b[1].at || a[0] - b[0])[0];
  }

  return {
    nowUs: () => now * 1000,
    nowMs: () => now,
    waiting: () => timers.size,
    after(ms, callback) {
      const id = order++;
      timers.set(id, { at: now + ms, callback });
      return () => void timers.delete(id);
    },
    advance(ms) {
      const until = now + ms;
      for (let due = nextDue(until); due !== undefined; due = nextDue(until)) {
        timers.delete(due[0]);
        now = due[1].at;
        due[1].callback();
      }
      now = until;
    },
  };
}
