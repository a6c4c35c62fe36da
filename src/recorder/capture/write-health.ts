import type { TrackName } from '../recording/parameters.ts';

/** Makes one story of the failures of all tracks: failed once, however often it is tried, and recovered once. */
export interface WriteHealth {
  failed(track: TrackName, error: Error): void;
  recovered(track: TrackName): void;
}

export const createWriteHealth = (listeners: {
  readonly onFailed: (track: TrackName, error: Error) => void;
  readonly onRecovered: () => void;
}): WriteHealth => {
  const failing = new Set<TrackName>();
  return {
    failed(track, error) {
      const first = failing.size === 0;
      failing.add(track);
      if (first) listeners.onFailed(track, error);
    },
    recovered(track) {
      if (failing.delete(track) && failing.size === 0) listeners.onRecovered();
    },
  };
};
