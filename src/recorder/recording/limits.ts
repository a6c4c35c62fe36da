import type { RecordCallParameters, TrackName } from './parameters.ts';
import { momentOf, type Pause } from './pauses.ts';
import type { EndReason } from './record.ts';

/** What has been heard on one track so far; times in ms on the recording's clock. */
export interface Hearing {
  readonly speaking: boolean;
  /** When it last changed between speech and silence; undefined if it has never spoken. */
  readonly since?: number;
}

export type Hearings = Readonly<Partial<Record<TrackName, Hearing>>>;

/** A moment at which a recording ends by itself. */
export interface DueLimit {
  /** Where its sound ends. */
  readonly t: number;
  /** When that can be known: what is heard on the wire is told of later. */
  readonly decideAt: number;
  readonly reason: EndReason;
}

type Limits = Pick<RecordCallParameters, 'initial_timeout' | 'end_silence_timeout' | 'max_length'>;

/** True if the parameters ask for live voice detection. */
export const needsVoice = (limits: Limits): boolean => limits.initial_timeout > 0 || limits.end_silence_timeout > 0;

/** Speech is told of when it has lasted 60 ms, with the packet that holds the end of those, from another thread. */
const hearingLagMs = 100;

/**
 * The next moment at which a recording ends by itself, if nothing else is heard until then: wall-clock time, so it also
 * comes while no packet does, without the time of pauses. Speech on any recorded track counts, from the recording's start on.
 */
export const nextLimit = (
  limits: Limits,
  startedMs: number,
  heard: Hearings,
  pauses: readonly Pause[] = [],
): DueLimit | undefined => {
  const due: DueLimit[] = [];
  const add = (seconds: number, from: number, reason: EndReason, lagMs: number): void => {
    const t = seconds > 0 ? momentOf(pauses, from, seconds * 1000) : undefined;
    if (t !== undefined) due.push({ t, decideAt: t + lagMs, reason });
  };
  add(limits.max_length, startedMs, 'max_length', 0);

  const spoke = Object.values(heard).filter(({ speaking, since }) => speaking || (since ?? startedMs) > startedMs);
  if (spoke.length === 0) {
    add(limits.initial_timeout, startedMs, 'initial_timeout', hearingLagMs);
  } else if (!spoke.some(({ speaking }) => speaking)) {
    const silentSince = Math.max(...spoke.map(({ since }) => since ?? startedMs));
    add(limits.end_silence_timeout, silentSince, 'end_silence', hearingLagMs);
  }
  return due.sort((a, b) => a.t - b.t)[0];
};

/**
 * What has been heard once speech begins or ends at `t` on a track; or, as that is told of late, the limit that was due
 * before it.
 */
export const hear = (
  limits: Limits,
  startedMs: number,
  heard: Hearings,
  { track, speaking, t }: { readonly track: TrackName; readonly speaking: boolean; readonly t: number },
  pauses: readonly Pause[] = [],
): { readonly heard: Hearings } | { readonly due: DueLimit } => {
  const due = nextLimit(limits, startedMs, heard, pauses);
  return due && due.t < t ? { due } : { heard: { ...heard, [track]: { speaking, since: t } } };
};
