import { channelsOf, type TrackName, tracksOf } from '../recording/parameters.ts';
import type { SpoolContents } from '../spool/read-spool.ts';
import { codecTable } from '../track/codecs.ts';
import type { PcmShape } from './formats.ts';

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
/** Rates that every player and encoder knows. */
const rates: readonly number[] = [8000, 16_000, 24_000, 48_000];

/** The rate that loses nothing of any codec that the recording's SDPs allow, and wastes nothing on telephone sound. */
const sampleRateOf = ({ entries }: SpoolContents): number => {
  const wanted = entries
    .flatMap((entry) => (entry.event === 'sdp' ? Object.values(entry.payloads) : []))
    .map((format) => codecTable[format.codec]?.(format)?.sampleRate ?? 0);
  const highest = Math.max(0, ...wanted);
  return rates.find((rate) => rate >= highest) ?? 48_000;
};

/** Plans the file of a spool: its length is the recording's wall-clock time, to a frame. */
export const planRender = (spool: SpoolContents): RenderPlan => {
  const { record, startMs, stopMs } = spool;
  const sampleRate = sampleRateOf(spool);
  return {
    shape: { channels: channelsOf(record), sampleRate },
    frames: Math.round((Math.max(shortestMs, stopMs - startMs) * sampleRate) / 1000),
    tracks: tracksOf(record.direction),
    startMs,
    stopMs,
  };
};
