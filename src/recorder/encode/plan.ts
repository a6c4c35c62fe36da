import { channelsOf, type TrackName, tracksOf } from '../recording/parameters.ts';
import type { Pause, PauseBehavior } from '../recording/pauses.ts';
import type { SpoolContents } from '../spool/read-spool.ts';
import type { MaskedSamples } from '../track/mask.ts';
import type { PcmShape } from './formats.ts';
import { likelyRate } from './sound-rate.ts';

/** What a recording's file will hold, known before a packet is read. */
export interface RenderPlan {
  readonly shape: PcmShape;
  /** Length of the file in frames. */
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

/** The shortest file: one packet of silence, so that every player and ffprobe take a recording of no length for sound. */
const shortestMs = 20;
/** Plans the file of a spool: its length is the recording's wall-clock time but for pauses that are skipped, to a frame. */
export const planRender = (spool: SpoolContents, sampleRate = likelyRate(spool.entries)): RenderPlan => {
  const { record, startMs, stopMs, pauses } = spool;
  const shape = { channels: channelsOf(record), sampleRate };
  const skipped = pausedSamples({ startMs, stopMs, shape, pauses }, 'skip').reduce(
    (sum, { from, to }) => sum + to - from,
    0,
  );
  return {
    shape,
    frames: Math.max((shortestMs * sampleRate) / 1000, sampleAt({ startMs, shape }, stopMs) - skipped),
    tracks: tracksOf(record.direction),
    startMs,
    stopMs,
    pauses,
  };
};
