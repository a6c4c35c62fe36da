import { performance } from 'node:perf_hooks';

/** Ends a timer that has not fired; harmless afterwards. */
export type StopTimer = () => void;

/** Time for the edge; tests give it another one. */
export interface Clock {
  /** Microseconds since 1970. */
  nowUs(): number;
  /** Calls back once, after `ms` milliseconds. */
  after(ms: number, callback: () => void): StopTimer;
}

/** The machine's own time. */
export const systemClock: Clock = {
  nowUs: () => Math.floor((performance.timeOrigin + performance.now()) * 1000),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

/** A clock whose timers can all be ended at once. */
export interface StoppableClock extends Clock {
  /** Ends all timers; later ones never fire. */
  stop(): void;
}

/** Keeps track of a clock's timers, so that nothing fires after a close. */
export function createStoppableClock(clock: Clock): StoppableClock {
  const running = new Set<StopTimer>();
  let stopped = false;
  return {
    nowUs: clock.nowUs,
    after(ms, callback) {
      if (stopped) return () => {};
      const end = clock.after(ms, () => {
        running.delete(end);
        callback();
      });
      running.add(end);
      return () => {
        running.delete(end);
        end();
      };
    },
    stop() {
      stopped = true;
      for (const end of running) end();
      running.clear();
    },
  };
}
