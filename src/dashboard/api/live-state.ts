import type { Client } from './client.ts';
import { listenToEvents } from './live-events.ts';

/** How loud a recording's directions are, dB of full scale. */
export interface Levels {
  readonly speak?: number;
  readonly listen?: number;
}

/** What the event stream tells, for all who look. */
export interface LiveState {
  /** Each time that this recording's levels change. Gives back what ends it. */
  onLevels(recordingId: string, listener: (levels: Levels) => void): () => void;
  /** A call or a recording (which one) has changed, or the way was cut. Gives back what ends it. */
  onChange(listener: (event: string, recordingId?: string) => void): () => void;
  connected(): boolean;
  close(): void;
}

export const openLiveState = (client: Client): LiveState => {
  const meters = new Map<string, Set<(levels: Levels) => void>>();
  const changes = new Set<(event: string, recordingId?: string) => void>();
  let levels: Readonly<Record<string, Levels>> = {};
  let connected = false;
  const tell = (event: string, recordingId?: string): void => {
    for (const each of [...changes]) each(event, recordingId);
  };

  const close = listenToEvents(client, {
    onEvent({ event, data }) {
      if (event !== 'levels') return tell(event, (JSON.parse(data) as { readonly recording_id?: string }).recording_id);
      const changed = JSON.parse(data) as Readonly<Record<string, Levels>>;
      levels = { ...levels, ...changed };
      for (const [id, now] of Object.entries(changed)) for (const move of meters.get(id) ?? []) move(now);
    },
    onConnected(now) {
      connected = now;
      if (!now) levels = {};
      tell(now ? 'connected' : 'cut');
    },
  });

  return {
    onLevels(recordingId, listener) {
      const listeners = meters.get(recordingId) ?? new Set();
      meters.set(recordingId, listeners.add(listener));
      const known = levels[recordingId];
      if (known) listener(known);
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) meters.delete(recordingId);
      };
    },
    onChange(listener) {
      changes.add(listener);
      return () => changes.delete(listener);
    },
    connected: () => connected,
    close,
  };
};
