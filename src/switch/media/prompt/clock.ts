import type { Logger } from 'pino';
import { dueFrames } from './pace.ts';
import { frameMs } from './pcm-source.ts';

/**
 * Called once for each frame, every 20 ms on average, with the frame's number. Numbers count time: one is left out where
 * the clock skipped a frame or the tick was not on the clock.
 */
export type Tick = (frame: number) => void;

/** How late the clock was within the last minute, in milliseconds, and what it has done since its start. */
export interface ClockLag {
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
  readonly frames: number;
  /** Frames that were never sent, because the process stood still for longer than a burst makes up for. */
  readonly skipped: number;
}

export interface PromptClock {
  start(): void;
  close(): Promise<void>;
  add(tick: Tick): void;
  remove(tick: Tick): void;
  lag(): ClockLag;
}

/** Frames of one minute. */
const rememberedFrames = 60_000 / frameMs;

/**
 * The one 20 ms clock of all prompt endpoints. Its frames lie on a grid of the monotonic clock, so it does not drift;
 * no timer runs while nobody is on it.
 */
export const createPromptClock = ({ log }: { readonly log: Logger }): PromptClock => {
  const ticks = new Set<Tick>();
  const lateMs = new Float64Array(rememberedFrames);
  const origin = performance.now();
  let state: 'new' | 'running' | 'closed' = 'new';
  let timer: NodeJS.Timeout | undefined;
  let next = 0;
  let frames = 0;
  let skipped = 0;

  const elapsed = (): number => performance.now() - origin;

  const run = (): void => {
    timer = undefined;
    const now = elapsed();
    const due = dueFrames(next, now);
    next = due.last + 1;
    if (due.skipped > 0) {
      skipped += due.skipped;
      log.warn({ skipped_frames: due.skipped }, 'prompts stood still: the process was blocked');
    }
    for (let frame = due.first; frame <= due.last; frame++) {
      lateMs[frames % rememberedFrames] = Math.max(0, now - frame * frameMs);
      frames += 1;
      for (const tick of ticks) runTick(tick, frame);
    }
    arm();
  };

  const runTick = (tick: Tick, frame: number): void => {
    try {
      tick(frame);
    } catch (err) {
      // One that throws would stop the prompts of all calls: it goes, the others go on.
      ticks.delete(tick);
      log.error({ err }, 'a prompt endpoint failed and was taken off the clock');
    }
  };

  const arm = (): void => {
    if (state !== 'running' || ticks.size === 0 || timer !== undefined) return;
    timer = setTimeout(run, Math.max(1, Math.ceil(next * frameMs - elapsed())));
  };

  const disarm = (): void => {
    clearTimeout(timer);
    timer = undefined;
  };

  /** Idle time is no stall: whoever comes after it begins with the next frame of the grid. */
  const resume = (): void => {
    next = Math.max(next, Math.floor(elapsed() / frameMs) + 1);
    arm();
  };

  return {
    start: () => {
      if (state !== 'new') return;
      state = 'running';
      resume();
    },

    close: async () => {
      state = 'closed';
      ticks.clear();
      disarm();
    },

    add: (tick) => {
      if (state === 'closed') return;
      const idle = ticks.size === 0;
      ticks.add(tick);
      if (idle && timer === undefined) resume();
    },

    remove: (tick) => {
      ticks.delete(tick);
      if (ticks.size === 0) disarm();
    },

    lag: () => {
      const sorted = lateMs.slice(0, Math.min(frames, rememberedFrames)).sort();
      const quantile = (share: number): number => sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
      return { p50: quantile(0.5), p95: quantile(0.95), max: quantile(1), frames, skipped };
    },
  };
};
