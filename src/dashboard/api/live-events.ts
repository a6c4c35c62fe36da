import type { Client } from './client.ts';
import { createEventReader, type ServerSent } from './server-sent.ts';

/** What comes of /api/events. */
export interface LiveListener {
  onEvent(event: ServerSent): void;
  /** True when events come, false while the way is cut. Everything may have changed meanwhile. */
  onConnected(connected: boolean): void;
}

const againMs = 2_000;
/** The server says something at least each 15 s. */
const silentMs = 40_000;

/** Listens by fetch, as an EventSource could not send the key; comes back by itself, until it is called off. */
export const listenToEvents = (client: Client, listener: LiveListener): (() => void) => {
  const over = new AbortController();
  let lastId: string | undefined;

  const readAll = async (): Promise<void> => {
    const attempt = new AbortController();
    over.signal.addEventListener('abort', () => attempt.abort(), { signal: attempt.signal });
    let watch = setTimeout(() => attempt.abort(), silentMs);
    try {
      const headers: Record<string, string> = lastId === undefined ? {} : { 'last-event-id': lastId };
      const response = await client.open('/api/events?kinds=call,recording,levels', attempt.signal, headers);
      listener.onConnected(true);
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
      const read = createEventReader();
      for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
        clearTimeout(watch);
        watch = setTimeout(() => attempt.abort(), silentMs);
        for (const event of read(part.value)) {
          lastId = event.id ?? lastId;
          listener.onEvent(event);
        }
      }
    } finally {
      clearTimeout(watch);
      attempt.abort();
    }
  };

  const run = async (): Promise<void> => {
    while (!over.signal.aborted) {
      await readAll().catch(() => undefined); // It is tried again, and shown as cut until then.
      if (over.signal.aborted) return;
      listener.onConnected(false);
      await new Promise((resolve) => setTimeout(resolve, againMs));
    }
  };
  void run();
  return () => over.abort();
};
