import { channelsOf, type TrackName, tracksOf } from '../recording/parameters.ts';
import type { SpoolContents } from '../spool/read-spool.ts';
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
}

/** The shortest file: one packet of silence, so that every player and ffprobe take a recording of no length for sound. */
const shortestMs = 20;

/** Plans the file of a spool: its length is the recording's wall-clock time, to a frame. */
export const planRender = (spool: SpoolContents, sampleRate = likelyRate(spool.entries)): RenderPlan => {
  const { record, startMs, stopMs } = spool;
  return {
    shape: { channels: channelsOf(record), sampleRate },
    frames: Math.round((Math.max(shortestMs, stopMs - startMs) * sampleRate) / 1000),
    tracks: tracksOf(record.direction),
    startMs,
    stopMs,
  };
};
