/** What a pause leaves in the file: nothing, or silence of its length. */
export type PauseBehavior = 'skip' | 'silence';

/** A time in which nothing is recorded; ms on the recording's clock, `to` is infinite while it lasts. */
export interface Pause {
  readonly from: number;
  readonly to: number;
  readonly behavior: PauseBehavior;
}

/** How a pause or a resume was answered: what the recording does now, and whether that is new. */
export interface PauseAnswer {
  readonly state: 'recording' | 'paused';
  /** False if it was in this state already: then nothing has changed, the behavior neither. */
  readonly changed: boolean;
  /** What the pause that lasts leaves in the file. */
  readonly behavior?: PauseBehavior;
}

/**
 * The moment at which `recordedMs` have been recorded since `fromMs`, whatever the pauses leave in the file; undefined if
 * a pause that lasts comes before. Pauses are in order and do not overlap.
 */
export const momentOf = (pauses: readonly Pause[], fromMs: number, recordedMs: number): number | undefined => {
  let at = fromMs;
  let left = recordedMs;
  for (const { from, to } of pauses) {
    if (to <= at) continue;
    const before = Math.max(0, from - at);
    if (left <= before) break;
    if (to === Number.POSITIVE_INFINITY) return undefined;
    left -= before;
    at = to;
  }
  return at + left;
};

/** The pauses with one that begins at `fromMs`. */
export const withPause = (pauses: readonly Pause[], from: number, behavior: PauseBehavior): readonly Pause[] => [
  ...pauses,
  { from, to: Number.POSITIVE_INFINITY, behavior },
];

/** The pauses with the last one ended at `to`. */
export const withResume = (pauses: readonly Pause[], to: number): readonly Pause[] =>
  pauses.map((pause, index) => (index === pauses.length - 1 ? { ...pause, to } : pause));
