import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Redis } from 'ioredis';
import { SipreelError } from '../../errors/error.ts';
import type { Logger } from '../../log.ts';
import { withRedis } from '../../recorder/registry/redis-failure.ts';

/** What agreeOnUrlKey needs. */
export interface UrlKeyOptions {
  /** In role commands. */
  readonly redis: Redis;
  /** Of all keys; sipreel by default. */
  readonly prefix?: string;
  /** Where this node keeps the key, so that it outlives a Redis that forgets. */
  readonly file: string;
  readonly log: Logger;
}

const pattern = /^[0-9a-f]{64}$/;

const readKey = async (file: string): Promise<string | undefined> => {
  try {
    const text = (await readFile(file, 'utf8')).trim();
    if (pattern.test(text)) return text;
    throw new SipreelError('url_key_unreadable', `${file} holds no key: 64 hexadecimal digits are expected`);
  } catch (cause) {
    if (cause instanceof SipreelError) throw cause;
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw new SipreelError('url_key_unreadable', `${file}: ${(cause as Error).message}`, { cause });
  }
};

const writeKey = async (file: string, key: string): Promise<void> => {
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o750 });
    const beside = `${file}.${process.pid}`;
    const handle = await open(beside, 'w', 0o600);
    try {
      await handle.writeFile(`${key}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(beside, file);
  } catch (cause) {
    throw new SipreelError('url_key_unreadable', `${file} cannot be written: ${(cause as Error).message}`, { cause });
  }
};

/**
 * The key that signs the URLs of recordings: made at the very first start, the same for all nodes that share a Redis, and
 * the same after Redis has lost everything. Throws redis_away, redis_refused, url_key_unreadable.
 */
export const agreeOnUrlKey = async ({ redis, prefix = 'sipreel', file, log }: UrlKeyOptions): Promise<Buffer> => {
  const name = `${prefix}:url-key`;
  const own = await readKey(file);
  await withRedis(() => redis.setnx(name, own ?? randomBytes(32).toString('hex')));
  const shared = (await withRedis(() => redis.get(name))) ?? '';
  if (!pattern.test(shared)) throw new SipreelError('url_key_unreadable', `${name} in Redis holds no key`);
  if (own !== shared) {
    if (own !== undefined)
      log.warn({ file }, 'the other nodes sign URLs with another key: this one does so from now on');
    await writeKey(file, shared);
  }
  return Buffer.from(shared, 'hex');
};
