import { type Percentiles, percentiles } from '../measure/percentiles.ts';

/** One RTP packet as it came. */
export interface Arrival {
  /** RTP time, 8,000 a second. */
  readonly timestamp: number;
  /** Milliseconds of a monotonic clock. */
  readonly at: number;
}

export interface Lateness {
  readonly packets: number;
  /** Frames that were lost, or left out by the sender. */
  readonly missing: number;
  readonly late_ms: Percentiles;
  /** Packets that were more than 20 ms late. */
  readonly over_frame: number;
}

/** RTP time of a frame. */
const frameTime = 160;
const frameMs = 20;

/** How late packets were, against the one that came earliest for its time; it may be a stream of any start. */
export const latenessOf = (arrivals: readonly Arrival[]): Lateness => {
  const [first] = arrivals;
  if (!first) return { packets: 0, missing: 0, late_ms: percentiles([]), over_frame: 0 };
  // Differences of 32 bits, so that a stream may pass the end of its range.
  const offsets = arrivals.map(({ timestamp, at }) => at - first.at - ((timestamp - first.timestamp) | 0) / 8);
  const earliest = offsets.reduce((least, offset) => Math.min(least, offset), Number.POSITIVE_INFINITY);
  const late = offsets.map((offset) => offset - earliest);
  const times = new Set(arrivals.map(({ timestamp }) => ((timestamp - first.timestamp) | 0) / frameTime));
  const last = [...times].reduce((most, time) => Math.max(most, time), 0);
  return {
    packets: arrivals.length,
    missing: last + 1 - times.size,
    late_ms: percentiles(late),
    over_frame: late.filter((ms) => ms > frameMs).length,
  };
};
