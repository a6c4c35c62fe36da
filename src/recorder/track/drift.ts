/** How fast one clock runs against another, by a straight line through their differences. */
export interface DriftMeter {
  /** The difference of the clocks, in ms, at a time, in ms. */
  add(atMs: number, differenceMs: number): void;
  /** The difference jumped: a new line begins. The longest one counts. */
  restart(): void;
  result(): Drift;
}

/** A drift and the time over which it was seen. */
export interface Drift {
  readonly spanMs: number;
  /** Growth of the difference in parts per million. */
  readonly ppm: number;
}

/** Below this, jitter says more than drift. */
const leastSpanMs = 10_000;

/** No drift seen. */
export const noDrift: Drift = { spanMs: 0, ppm: 0 };

/** A meter by least squares, in constant memory. */
export const createDriftMeter = (): DriftMeter => {
  let best = noDrift;
  let firstAt = 0;
  let lastAt = 0;
  let firstDifference = 0;
  let count = 0;
  let sumX = 0;
  let sumY = 0;
  let sumXX = 0;
  let sumXY = 0;

  const current = (): Drift => {
    const spanMs = lastAt - firstAt;
    const variance = sumXX - (sumX * sumX) / count;
    if (count < 2 || spanMs < leastSpanMs || variance <= 0) return noDrift;
    return { spanMs, ppm: (1e6 * (sumXY - (sumX * sumY) / count)) / variance };
  };
  const result = (): Drift => {
    const now = current();
    return now.spanMs > best.spanMs ? now : best;
  };

  return {
    result,
    restart() {
      best = result();
      count = 0;
      sumX = sumY = sumXX = sumXY = 0;
    },
    add(atMs, differenceMs) {
      if (count === 0) {
        firstAt = lastAt = atMs;
        firstDifference = differenceMs;
      }
      const x = atMs - firstAt;
      const y = differenceMs - firstDifference;
      lastAt = Math.max(lastAt, atMs);
      count++;
      sumX += x;
      sumY += y;
      sumXX += x * x;
      sumXY += x * y;
    },
  };
};
