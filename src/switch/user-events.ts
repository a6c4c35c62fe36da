/** An event of the script's own that somebody may wait for: what the method user_event was given. */
export interface UserEvent {
  readonly call_id: string;
  /** Unix seconds with fractions. */
  readonly timestamp: number;
  readonly event: Readonly<Record<string, unknown>>;
}

/** Passes the events of scripts on within this process. */
export interface UserEvents {
  emit(callId: string, event: UserEvent['event']): void;
  /** Calls the listener for each event from now on, until what it gives back is called. It must not throw. */
  listen(listener: (event: UserEvent) => void): () => void;
}

export const createUserEvents = (): UserEvents => {
  const listeners = new Set<(event: UserEvent) => void>();
  return {
    emit(callId, event) {
      const told = { call_id: callId, timestamp: Date.now() / 1000, event };
      for (const listener of [...listeners]) listener(told);
    },
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
};
