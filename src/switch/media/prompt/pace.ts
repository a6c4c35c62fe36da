import { frameMs } from './pcm-source.ts';

/** Frames that are sent at once, at most, to catch up after a stall: what a jitter buffer takes. */
export const longestBurst = 10;

/** A timer that fires less than this too early (ms) counts as on time; waiting again would make it late instead. */
const earlyMs = 1;

/** Frames that are to be sent now: from `first` to `last`, none if `last` is less. */
export interface DueFrames {
  readonly first: number;
  readonly last: number;
  /** Frames before `first` whose time is long past: they are left out. */
  readonly skipped: number;
}

/** The frames that are due `elapsedMs` after frame 0 if `next` is the next one to be sent; frame n is due at n * 20 ms. */
export const dueFrames = (next: number, elapsedMs: number): DueFrames => {
  const last = Math.floor((elapsedMs + earlyMs) / frameMs);
  const skipped = Math.max(0, last - next + 1 - longestBurst);
  return { first: next + skipped, last, skipped };
};
