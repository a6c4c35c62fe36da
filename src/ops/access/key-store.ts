import type { Redis } from 'ioredis';
import type { Logger } from '../../log.ts';
import { withRedis } from '../../recorder/registry/redis-failure.ts';
import type { KeyRecord } from './key.ts';

/** What createKeyStore needs. */
export interface KeyStoreOptions {
  /** In role commands. Who makes it closes it. */
  readonly redis: Redis;
  /** Of all keys; sipreel by default. */
  readonly prefix?: string;
  readonly log: Logger;
  /** Milliseconds that an answer of Redis counts; 1,000 by default: a key that is revoked works no longer than that. */
  readonly freshMs?: number;
  /** Milliseconds that known keys go on counting while Redis is away; 300,000 by default. */
  readonly staleMs?: number;
  /** Milliseconds since the epoch; Date.now by default. */
  readonly now?: () => number;
}

/** A key and when it was last used, Unix seconds. */
export interface ListedKey extends KeyRecord {
  readonly last_used?: number;
}

/** The access keys of an installation, in Redis. Every method throws redis_away or redis_refused. */
export interface KeyStore {
  add(record: KeyRecord): Promise<void>;
  list(): Promise<readonly ListedKey[]>;
  /** False if there is no such key. */
  revoke(id: string): Promise<boolean>;
  /** The key of this id; undefined if it is unknown, revoked or expired. */
  find(id: string): Promise<KeyRecord | undefined>;
  /** True if there is any key that has not expired: then nobody gets in without one. */
  any(): Promise<boolean>;
  /** Notes that a key was used; at most once a minute for each, and never rejects. */
  used(id: string): void;
}

const usedEveryMs = 60_000;
/** A key that is not known may have been made since: it is looked for again, but not more often than this. */
const missFreshMs = 100;

/** The keys, and what was known of them lately, so that not each request asks Redis. */
export const createKeyStore = (options: KeyStoreOptions): KeyStore => {
  const { redis, prefix = 'sipreel', log, freshMs = 1_000, staleMs = 300_000, now = Date.now } = options;
  const keys = `${prefix}:access-keys`;
  const usage = `${prefix}:access-keys-used`;
  const lastNoted = new Map<string, number>();
  let known: { readonly at: number; readonly records: ReadonlyMap<string, KeyRecord> } | undefined;
  let reading: Promise<ReadonlyMap<string, KeyRecord>> | undefined;

  const read = async (): Promise<ReadonlyMap<string, KeyRecord>> => {
    const at = now();
    const entries = await withRedis(() => redis.hgetall(keys));
    const records = new Map(Object.entries(entries).map(([id, json]) => [id, JSON.parse(json) as KeyRecord]));
    known = { at, records };
    return records;
  };

  const current = async (within = freshMs): Promise<ReadonlyMap<string, KeyRecord>> => {
    if (known !== undefined && now() - known.at < within) return known.records;
    reading ??= read().finally(() => {
      reading = undefined;
    });
    try {
      return await reading;
    } catch (error) {
      // What was known a short while ago is better than to lock everybody out, or to let everybody in.
      if (known !== undefined && now() - known.at < staleMs) return known.records;
      throw error;
    }
  };

  const isValid = (record: KeyRecord): boolean => record.expires === undefined || record.expires * 1000 > now();

  return {
    async add(record) {
      await withRedis(() => redis.hset(keys, record.id, JSON.stringify(record)));
      known = undefined;
    },

    async list() {
      const [records, used] = await Promise.all([read(), withRedis(() => redis.hgetall(usage))]);
      return [...records.values()]
        .sort((a, b) => a.created - b.created)
        .map((record) => {
          const at = used[record.id];
          return at === undefined ? record : { ...record, last_used: Number(at) };
        });
    },

    async revoke(id) {
      const removed = await withRedis(() => redis.hdel(keys, id));
      await withRedis(() => redis.hdel(usage, id));
      known = undefined;
      return removed === 1;
    },

    async find(id) {
      const record = (await current()).get(id) ?? (await current(missFreshMs)).get(id);
      return record !== undefined && isValid(record) ? record : undefined;
    },

    any: async () => [...(await current()).values()].some(isValid),

    used(id) {
      const at = now();
      if (at - (lastNoted.get(id) ?? 0) < usedEveryMs) return;
      lastNoted.set(id, at);
      redis
        .hset(usage, id, Math.floor(at / 1000))
        .catch((err: unknown) => log.debug({ err, key: id }, 'the use of a key could not be noted'));
    },
  };
};
