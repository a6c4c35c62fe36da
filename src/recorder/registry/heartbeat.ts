import type { Redis } from 'ioredis';
import type { Logger } from '../../log.ts';
import type { RegistryKeys } from './keys.ts';
import { withRedis } from './redis-failure.ts';
import { loadScript } from './script.ts';

/** A node and when it was last heard of. */
export interface NodeRecord {
  readonly node_id: string;
  /** Unix seconds with fractions. */
  readonly last_seen: number;
  /** False if its heartbeat has run out: it is gone, or cut off from Redis. */
  readonly alive: boolean;
}

/** What createHeartbeat needs. */
export interface HeartbeatOptions {
  /** A connection in role commands. */
  readonly redis: Redis;
  readonly keys: RegistryKeys;
  readonly nodeId: string;
  readonly log: Logger;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds between two heartbeats; 5,000 by default. */
  readonly intervalMs?: number;
  /** Milliseconds after which a silent node counts as gone; 15,000 by default. */
  readonly lifeMs?: number;
}

/** This node's sign of life, and the other nodes'. */
export interface Heartbeat {
  start(): void;
  nodes(): Promise<readonly NodeRecord[]>;
  close(): Promise<void>;
}

/** A node that was silent for so long is not listed any more. */
const forgetAfterMs = 24 * 3_600_000;

const beatScript = loadScript('heartbeat');

/** Keeps a key with a time to live in Redis for as long as it runs. */
export const createHeartbeat = (options: HeartbeatOptions): Heartbeat => {
  const { redis, keys, nodeId, log, now, intervalMs = 5_000, lifeMs = 15_000 } = options;
  const key = keys.heartbeat(nodeId);
  let timer: NodeJS.Timeout | undefined;
  let beating: Promise<void> = Promise.resolve();
  let closed = false;

  const beat = async () => {
    const seconds = now() / 1000;
    try {
      await beatScript(redis, [key, keys.nodes], [nodeId, seconds, lifeMs, seconds - forgetAfterMs / 1000]);
    } catch (err) {
      // The connection tells the operator that Redis is away; the next heartbeat makes up for this one.
      log.debug({ node_id: nodeId, err }, 'heartbeat failed');
    }
  };

  return {
    start() {
      if (timer !== undefined || closed) return;
      beating = beat();
      // One after the other: none may follow the removal of the key at close.
      timer = setInterval(() => {
        beating = beating.then(beat);
      }, intervalMs);
    },

    async nodes() {
      const entries = await withRedis(() => redis.zrange(keys.nodes, '0', '-1', 'WITHSCORES'));
      const seen: { node_id: string; last_seen: number }[] = [];
      for (let i = 0; i + 1 < entries.length; i += 2) {
        seen.push({ node_id: entries[i] ?? '', last_seen: Number(entries[i + 1]) });
      }
      if (seen.length === 0) return [];
      const beats = await withRedis(() => redis.mget(seen.map((node) => keys.heartbeat(node.node_id))));
      return seen.map((node, i) => ({ ...node, alive: beats[i] != null }));
    },

    async close() {
      if (closed) return;
      closed = true;
      clearInterval(timer);
      await beating;
      if (timer === undefined) return;
      try {
        await redis.multi().del(key).zrem(keys.nodes, nodeId).exec();
      } catch (err) {
        // It expires by itself.
        log.debug({ node_id: nodeId, err }, 'heartbeat not removed');
      }
    },
  };
};
