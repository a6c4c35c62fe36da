const pairsTried = 16;

/** Milliseconds (with fractions) of the machine's monotonic clock: process.hrtime.bigint() as a number. */
export type MonotonicClock = () => number;

/** A moment of process.hrtime.bigint() on a MonotonicClock; exact to a nanosecond for 100 days of uptime. */
export const monotonicMs = (hrtime: bigint): number => Number(hrtime) / 1e6;

/**
 * A clock that makes no bigint each time it is asked: performance.now() is the same monotonic clock, only counted from
 * the start of its thread, so their difference is measured once.
 */
export const createMonotonicClock = (): MonotonicClock => {
  let difference = 0;
  let closest = Number.POSITIVE_INFINITY;
  for (let pair = 0; pair < pairsTried; pair++) {
    const before = process.hrtime.bigint();
    const now = performance.now();
    const after = process.hrtime.bigint();
    const apart = Number(after - before);
    if (apart < closest) {
      closest = apart;
      difference = monotonicMs(before) + apart / 2e6 - now;
    }
  }
  return () => performance.now() + difference;
};
