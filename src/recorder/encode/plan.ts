import { channelsOf, type TrackName, tracksOf } from '../recording/parameters.ts';
import type { Pause, PauseBehavior } from '../recording/pauses.ts';
import type { SpoolContents } from '../spool/read-spool.ts';
import type { MaskedSamples } from '../track/mask.ts';
import type { PcmShape } from './formats.ts';
import { likelyRate } from './sound-rate.ts';

/** What a recording's file will hold, known before a packet is read. */
export interface RenderPlan {
  readonly shape: PcmShape;
  /** Length of the file in frames; infinite while the recording goes on, and so is stopMs. */
  readonly frames: number;
  /** Left channel first. */
  readonly tracks: readonly TrackName[];
  /** The part of the recording's clock that sounds, in ms. */
  readonly startMs: number;
  readonly stopMs: number;
  /** Parts of it that are not in the file, or silent in it. */
  readonly pauses: readonly Pause[];
}

/** Where a moment of the recording's clock would be in the file if nothing were left out of it. */
export const sampleAt = ({ startMs, shape }: Pick<RenderPlan, 'startMs' | 'shape'>, t: number): number =>
  Math.round(((t - startMs) * shape.sampleRate) / 1000);

/** A packet is on the timeline from its arrival on, when all of its sound is over: sound is there one usual packet later. */
const usualPtimeMs = 20;

/** The pauses of a behavior as samples of an uncut track: where sound would be that was made in them. */
export const pausedSamples = (
  plan: Pick<RenderPlan, 'startMs' | 'stopMs' | 'shape' | 'pauses'>,
  behavior: PauseBehavior,
): readonly MaskedSamples[] => {
  const at = (t: number): number => sampleAt(plan, Math.min(t + usualPtimeMs, plan.stopMs));
  return plan.pauses
    .filter((pause) => pause.behavior === behavior)
    .map(({ from, to }) => ({ from: at(from), to: at(to) }));
};

/** Samples of an uncut track before `sample` that are not in the file. */
const skippedBefore = (plan: Pick<RenderPlan, 'startMs' | 'stopMs' | 'shape' | 'pauses'>, sample: number): number =>
  pausedSamples(plan, 'skip').reduce((sum, { from, to }) => sum + Math.max(0, Math.min(to, sample) - from), 0);

/** How long the file is when the recording has come to a moment of its clock, in frames. */
export const framesAt = (plan: RenderPlan, t: number): number =>
  sampleAt(plan, t) - skippedBefore(plan, sampleAt(plan, t));

/** The shortest file: one packet of silence, so that every player and ffprobe take a recording of no length for sound. */
const shortestMs = 20;
/** Plans the file of a spool: its length is the recording's wall-clock time but for pauses that are skipped, to a frame. */
export const planRender = (spool: SpoolContents, sampleRate = likelyRate(spool.entries)): RenderPlan => {
  const { record, startMs, stopMs, pauses } = spool;
  const shape = { channels: channelsOf(record), sampleRate };
  const skipped = skippedBefore({ startMs, stopMs, shape, pauses }, Number.POSITIVE_INFINITY);
  const shortest = (shortestMs * sampleRate) / 1000;
  const goesOn = stopMs === Number.POSITIVE_INFINITY;
  return {
    shape,
    frames: goesOn ? stopMs : Math.max(shortest, sampleAt({ startMs, shape }, stopMs) - skipped),
    tracks: tracksOf(record.direction),
    startMs,
    stopMs,
    pauses,
  };
};
