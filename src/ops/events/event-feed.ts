import type { Redis } from 'ioredis';
import type { Logger } from '../../log.ts';
import { registryKeys } from '../../recorder/registry/keys.ts';
import { withRedis } from '../../recorder/registry/redis-failure.ts';
import { isAfter } from './stream-id.ts';

/** A change of a call or a recording, on whatever node. */
export interface FeedEvent {
  /** Of the stream: what comes after it can be asked for. */
  readonly id: string;
  /** Such as recording.started. */
  readonly event: string;
  /** JSON. */
  readonly data: string;
}

/** What createEventFeed needs. Who makes the connections closes them, after the feed. */
export interface EventFeedOptions {
  /** In role commands, for what has been. */
  readonly redis: Redis;
  /** In role blocking, and of this feed alone: it waits on it for what comes. */
  readonly reader: Redis;
  /** Of all keys; sipreel by default. */
  readonly prefix?: string;
  readonly log: Logger;
}

/** One who is told. It must not throw. */
export interface FeedListener {
  onEvent(event: FeedEvent): void;
  /** Events after the one that was asked for are not there any more. */
  onGap(): void;
}

/** Changes of calls and recordings of all nodes, as they come. */
export interface EventFeed {
  /**
   * Tells of each event that comes after `after`, or from now on; until what it resolves with is called. Throws redis_away or
   * redis_refused.
   */
  listen(listener: FeedListener, after?: string): Promise<() => void>;
  /** Adds an event of this process's own, in the stream like any other. Throws redis_away or redis_refused. */
  add(event: string, data: Readonly<Record<string, unknown>>): Promise<void>;
  /** Idempotent; resolves when nothing of it runs any more. */
  close(): Promise<void>;
}

/** Milliseconds that one read waits; a close waits as long at most. */
const blockMs = 1_000;
const chunk = 500;
const kept = 10_000;

type Entry = readonly [id: string, fields: readonly string[]];

const eventOf = ([id, fields]: Entry): FeedEvent => {
  const value = (name: string): string => fields[fields.indexOf(name) + 1] ?? '';
  return { id, event: value('event'), data: value('data') };
};

/** One reader serves all listeners of this process, and reads only while there are any. */
export const createEventFeed = (options: EventFeedOptions): EventFeed => {
  const { redis, reader, log } = options;
  const stream = registryKeys(options.prefix ?? 'sipreel').events;
  const listeners = new Set<(event: FeedEvent) => void>();
  let reading: Promise<void> | undefined;
  let closed = false;

  const newest = async (): Promise<string> =>
    (await withRedis(() => redis.xrevrange(stream, '+', '-', 'COUNT', 1)))[0]?.[0] ?? '0-0';

  const readFrom = async (first: string): Promise<void> => {
    let last = first;
    while (listeners.size > 0 && !closed) {
      try {
        const read = await reader.xread('COUNT', chunk, 'BLOCK', blockMs, 'STREAMS', stream, last);
        for (const entry of (read?.[0]?.[1] ?? []) as readonly Entry[]) {
          last = entry[0];
          const event = eventOf(entry);
          for (const tell of [...listeners]) tell(event);
        }
      } catch (err) {
        if (closed) break;
        // The connection tells of absences. What was written meanwhile is read when Redis is back.
        log.debug({ err }, 'events cannot be read now');
        await new Promise((resolve) => setTimeout(resolve, blockMs));
      }
    }
    reading = undefined;
  };

  /** True if the stream has lost what came right after `after`. */
  const hasGap = async (after: string): Promise<boolean> => {
    const [oldest] = await withRedis(() => redis.xrange(stream, '-', '+', 'COUNT', 1));
    if (oldest === undefined || !isAfter(oldest[0], after)) return false;
    const info = (await withRedis(() => redis.xinfo('STREAM', stream))) as readonly unknown[];
    const fact = (name: string): number => Number(info[info.indexOf(name) + 1]);
    // Before Redis 7 nobody knows how many there were.
    return !info.includes('entries-added') || fact('entries-added') > fact('length');
  };

  return {
    async listen({ onEvent, onGap }, after) {
      const end = await newest();
      let last = after ?? end;
      /** What comes while the past is told. */
      let held: FeedEvent[] | undefined = [];
      const tell = (event: FeedEvent): void => {
        if (!isAfter(event.id, last)) return;
        last = event.id;
        onEvent(event);
      };
      const take = (event: FeedEvent): void => {
        if (held === undefined) tell(event);
        else held.push(event);
      };
      listeners.add(take);
      try {
        reading ??= readFrom(end);
        if (after !== undefined && (await hasGap(after))) onGap();
        for (;;) {
          const past = await withRedis(() => redis.xrange(stream, `(${last}`, '+', 'COUNT', chunk));
          for (const entry of past) tell(eventOf(entry));
          if (past.length < chunk) break;
        }
      } catch (error) {
        listeners.delete(take);
        throw error;
      }
      for (const event of held) tell(event);
      held = undefined;
      return () => void listeners.delete(take);
    },

    async add(event, data) {
      await withRedis(() => redis.xadd(stream, 'MAXLEN', '~', kept, '*', 'event', event, 'data', JSON.stringify(data)));
    },

    async close() {
      closed = true;
      listeners.clear();
      await reading;
    },
  };
};
