import type { Track, TrackOptions } from '../../../src/recorder/track/track.ts';
import { findMarkers, markedSecond } from '../../sound/markers.ts';
import { render } from './render.ts';
import { createSender, type SenderOptions } from './sender.ts';

export type Sender = ReturnType<typeof createSender>;

/** A call that was rendered, and how far each second of it is from where it belongs. */
export interface MarkedCall {
  /** For each second said: ms that it is late (positive) or early in the track; undefined if it is not there. */
  readonly errorsMs: readonly (number | undefined)[];
  readonly worstMs: number;
  readonly found: number;
  readonly samples: Int16Array;
  readonly stopMs: number;
  readonly report: Track['report'];
}

const marked = markedSecond();
/** Further from where it belongs, a marker is taken for another one. */
const searchMs = 400;
/** Sound of the usual ptime is put at its arrival, one packet after it was captured. */
const usualPtimeMs = 20;

/** Has a simulated telephone talk; `second` says one second that begins with a marker. */
export const markedCall = (
  options: SenderOptions,
  talk: (sender: Sender, second: () => void) => void,
  trackOptions: Partial<TrackOptions> & { readEvery?: number } = {},
): MarkedCall => {
  const sender = createSender(options);
  const expected: number[] = [];
  talk(sender, () => {
    expected.push(sender.nowMs() + usualPtimeMs);
    sender.say(marked);
  });
  const stopMs = sender.nowMs() + usualPtimeMs;
  const { samples, track } = render(sender.arrivals(), stopMs, trackOptions, trackOptions.readEvery);
  const markers = findMarkers(samples);
  let next = 0;
  const errorsMs = expected.map((wanted) => {
    while (next < markers.length && (markers[next] ?? 0) < wanted - searchMs) next++;
    const found = markers[next];
    return found === undefined || found > wanted + searchMs ? undefined : found - wanted;
  });
  const known = errorsMs.filter((error) => error !== undefined);
  return {
    errorsMs,
    worstMs: known.reduce((worst, error) => Math.max(worst, Math.abs(error)), 0),
    found: known.length,
    samples,
    stopMs,
    report: track.report,
  };
};

export const times = (count: number, act: (index: number) => void): void => {
  for (let i = 0; i < count; i++) act(i);
};
