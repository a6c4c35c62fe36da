import { createInterpolator, type Interpolator } from './interpolate.ts';
import type { Timeline } from './timeline.ts';

/**
 * Writes sound that hangs together to the timeline: from a position on, sample after sample, whatever the clocks do.
 * Errors of position are corrected within the sound by a change of pace that nobody hears.
 */
export interface Run {
  readonly open: boolean;
  /** Samples a second of what is fed; 0 before the first start. */
  readonly inputRate: number;
  /** Begins at a position of the timeline; the one before must have been ended. */
  start(position: number, inputRate: number): void;
  feed(samples: Int16Array): void;
  end(): void;
  /** Position of the next sample that will be written, or where the last run ended; minus infinity before the first. */
  readonly position: number;
  /** Position at which the next sample fed will sound; fractions where a correction or a conversion of rate is under way. */
  inputPosition(): number;
  /** What is fed next should sound `errorMs` later (positive) or earlier: begins to make that so if it is worth it. */
  correct(errorMs: number): void;
}

/** Errors below this are within what jitter makes of the estimate: correcting them would be chasing noise. */
const tolerableMs = 4;
/** A correction under way goes on to this. */
const settledMs = 1;
/** The time constant of a correction: at 1000 ppm of drift the error stays at 5 ms. */
const correctionMs = 5000;
/** 0.2 % is a thirtieth of a semitone, below what ears tell apart, and twice the worst drift. */
const fastest = 0.002;
/** Slower would be no less audible, and take longer to compute. */
const slowest = 0.001;

/** A run on a timeline; `dropped` hears of samples whose place was taken already. */
export const createRun = (timeline: Timeline, outputRate: number, dropped: (samples: number) => void): Run => {
  const interpolators = new Map<number, Interpolator>();
  let interpolator: Interpolator | undefined;
  let inputRate = 0;
  let position = Number.NEGATIVE_INFINITY;
  let correcting = false;

  const write = (samples: Int16Array): void => {
    const lost = timeline.add(position, samples);
    if (lost > 0) dropped(lost);
    position += samples.length;
  };

  return {
    get open() {
      return interpolator !== undefined;
    },
    get inputRate() {
      return inputRate;
    },
    get position() {
      return position;
    },

    start(at, rate) {
      position = at;
      inputRate = rate;
      correcting = false;
      interpolator = interpolators.get(rate) ?? createInterpolator(rate, outputRate);
      interpolators.set(rate, interpolator);
    },

    feed(samples) {
      if (interpolator !== undefined) write(interpolator.push(samples));
    },

    end() {
      if (interpolator !== undefined) write(interpolator.flush());
      interpolator = undefined;
    },

    inputPosition: () => position + (interpolator?.lead() ?? 0),

    correct(errorMs) {
      if (interpolator === undefined || interpolator.stretching) return;
      const size = Math.abs(errorMs);
      correcting = size > (correcting ? settledMs : tolerableMs);
      if (!correcting) return;
      const pace = Math.min(fastest, Math.max(slowest, size / correctionMs));
      interpolator.stretch(errorMs, Math.round(outputRate / (inputRate * pace)));
    },
  };
};
