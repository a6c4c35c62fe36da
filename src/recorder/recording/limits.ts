import type { RecordCallParameters, TrackName } from './parameters.ts';
import type { EndReason } from './record.ts';

/** What has been heard on one track so far; times in ms on the recording's clock. */
export interface Hearing {
  readonly speaking: boolean;
  /** When it last changed between speech and silence; undefined if it has never spoken. */
  readonly since?: number;
}

export type Hearings = Readonly<Partial<Record<TrackName, Hearing>>>;

type Limits = Pick<RecordCallParameters, 'initial_timeout' | 'end_silence_timeout' | 'max_length'>;

/** True if the parameters ask for live voice detection. */
export const needsVoice = (limits: Limits): boolean => limits.initial_timeout > 0 || limits.end_silence_timeout > 0;

/**
 * The next moment at which a recording ends by itself, if nothing else is heard until then: wall-clock time, so it also
 * comes while no packet does. Speech on any recorded track counts.
 */
export const nextLimit = (
  limits: Limits,
  startedMs: number,
  heard: Hearings,
): { readonly t: number; readonly reason: EndReason } | undefined => {
  const due: { t: number; reason: EndReason }[] = [];
  if (limits.max_length > 0) due.push({ t: startedMs + limits.max_length * 1000, reason: 'max_length' });

  const tracks = Object.values(heard);
  const spoke = tracks.filter((hearing) => hearing.since !== undefined);
  if (limits.initial_timeout > 0 && spoke.length === 0) {
    due.push({ t: startedMs + limits.initial_timeout * 1000, reason: 'initial_timeout' });
  }
  if (limits.end_silence_timeout > 0 && spoke.length > 0 && !tracks.some((hearing) => hearing.speaking)) {
    const silentSince = Math.max(...spoke.map((hearing) => hearing.since ?? startedMs));
    due.push({ t: silentSince + limits.end_silence_timeout * 1000, reason: 'end_silence' });
  }
  return due.sort((a, b) => a.t - b.t)[0];
};
