import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

/** How late an event loop was at what it had to do, in the last ten seconds. */
export interface LoopDelay {
  readonly p99Ms: number;
  readonly maxMs: number;
}

const lookMs = 10_000;
/** The timer that measures comes so often, ms: that is no delay. */
const resolutionMs = 20;

/** Watches the event loop of the thread that calls it. */
export interface LoopWatch {
  delay(): LoopDelay;
  /** Idempotent. */
  close(): void;
}

/** @param onLook is given what the last ten seconds were like. */
export const watchLoop = (onLook: (delay: LoopDelay) => void = () => undefined): LoopWatch => {
  const histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  const late = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - resolutionMs);
  const now = (): LoopDelay =>
    histogram.count === 0
      ? { p99Ms: 0, maxMs: 0 }
      : { p99Ms: late(histogram.percentile(99)), maxMs: late(histogram.max) };
  let last = now();
  const timer = setInterval(() => {
    last = now();
    onLook(last);
    histogram.reset();
  }, lookMs).unref();
  return {
    // What is going on counts at once, also before the ten seconds are over.
    delay() {
      const present = now();
      return { p99Ms: Math.max(last.p99Ms, present.p99Ms), maxMs: Math.max(last.maxMs, present.maxMs) };
    },
    close() {
      clearInterval(timer);
      histogram.disable();
    },
  };
};
