import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';
import { isReply } from './redis-failure.ts';

/** A Lua step on its way to Redis: its keys, its arguments, its answer as ioredis gives it. */
export type Script = (redis: Redis, keys: readonly string[], args: readonly (string | number)[]) => Promise<unknown>;

const noScript = (error: unknown): boolean => isReply(error) && error.message.startsWith('NOSCRIPT');

/** Reads lua/<name>.lua beside the module that asks, which is sent by its hash alone once Redis has it; a Redis that restarted gets the text again. */
export const loadScript = (name: string, module: string = import.meta.url): Script => {
  const text = readFileSync(new URL(`./lua/${name}.lua`, module), 'utf8');
  const sha = createHash('sha1').update(text).digest('hex');
  return async (redis, keys, args) => {
    try {
      return await redis.evalsha(sha, keys.length, ...keys, ...args);
    } catch (error) {
      if (!noScript(error)) throw error;
      return redis.eval(text, keys.length, ...keys, ...args);
    }
  };
};
