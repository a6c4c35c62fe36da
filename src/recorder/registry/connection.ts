import { Redis, type RedisOptions } from 'ioredis';
import { SipreelError } from '../../errors/error.ts';
import type { Logger } from '../../log.ts';

/**
 * What a connection is for. commands: fails within the time-out while Redis is away, so that nobody hangs. blocking: for
 * BullMQ, whose commands wait until Redis is back. subscriber: for one registry; it subscribes again by itself.
 */
export type ConnectionRole = 'commands' | 'blocking' | 'subscriber';

/** What connectRedis needs. */
export interface ConnectionOptions {
  /** redis://[user:password@]host:port[/db], rediss:// for TLS, unix:///path. */
  readonly url: string;
  readonly role: ConnectionRole;
  readonly log: Logger;
  /** Milliseconds that a command may take in role commands; 2,000 by default. */
  readonly commandTimeoutMs?: number;
}

/** Replies in their plain form, which is ioredis' default. */
type Settings = Omit<RedisOptions, 'replyMapping'>;

const longestRetryMs = 2_000;

const retryDelay = (attempt: number): number => Math.min(longestRetryMs, 50 * 2 ** Math.min(attempt, 10));

/** A server that has become a replica takes no writes: the address leads to another one by now. Not more often than this, ms. */
const elsewhereMs = 1_000;

/**
 * Whether an answer is a reason to connect anew: after a failover the connection to the old server may live on. 1: without the
 * command that was answered so, 2: with it; it has done nothing.
 */
const whenRefused = (answer: 1 | 2): ((error: Error) => false | 1 | 2) => {
  let lastMs = Number.NEGATIVE_INFINITY;
  return ({ message }) => {
    if (!message.includes('READONLY') || performance.now() - lastMs < elsewhereMs) return false;
    lastMs = performance.now();
    return answer;
  };
};

const optionsOf = (role: ConnectionRole, commandTimeout: number): Settings => {
  const always: Settings = { connectTimeout: 5_000, retryStrategy: retryDelay };
  switch (role) {
    case 'commands':
      // A command in flight when the connection breaks fails at once; sent again, it could run twice.
      return {
        ...always,
        reconnectOnError: whenRefused(1),
        enableOfflineQueue: false,
        autoResendUnfulfilledCommands: false,
        maxRetriesPerRequest: 0,
        commandTimeout,
      };
    case 'blocking':
    case 'subscriber':
      return { ...always, reconnectOnError: whenRefused(2), maxRetriesPerRequest: null };
  }
};

/** Where a URL points to: for ioredis, and without its password for the log. Throws redis_url_invalid. */
const targetOf = (url: string): { readonly target: string; readonly shown: string } => {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol === 'unix:' && parsed.pathname.length > 1) {
    return { target: parsed.pathname, shown: parsed.pathname };
  }
  if (parsed !== undefined && /^rediss?:$/.test(parsed.protocol) && parsed.hostname !== '') {
    return { target: url, shown: parsed.host };
  }
  const shown = url.replace(/\/\/.*@/, '//[redacted]@');
  throw new SipreelError('redis_url_invalid', `"${shown}" is not the URL of a Redis server`);
};

/**
 * Opens a connection that reconnects for ever and logs twice for each absence: when Redis went away and when it is back.
 * It is returned before it is up (see whenReady); who opens it ends it with closeRedis. Throws redis_url_invalid.
 */
export const connectRedis = ({ url, role, log, commandTimeoutMs = 2_000 }: ConnectionOptions): Redis => {
  const { target, shown } = targetOf(url);
  const redis = new Redis(target, optionsOf(role, commandTimeoutMs));
  let away = false;
  let lastError: unknown;
  redis.on('error', (err: unknown) => {
    // Each attempt to reconnect says the same: it is told with the absence.
    lastError = err;
  });
  redis.on('reconnecting', () => {
    if (away) return;
    away = true;
    log.warn({ redis: shown, role, err: lastError }, 'redis is away');
  });
  redis.on('ready', () => {
    if (!away) return;
    away = false;
    lastError = undefined;
    log.info({ redis: shown, role }, 'redis is back');
  });
  return redis;
};

/** Resolves when the connection can take commands; throws redis_away after `timeoutMs`. */
export const whenReady = (redis: Redis, timeoutMs: number): Promise<void> => {
  if (redis.status === 'ready') return Promise.resolve();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      redis.removeListener('ready', up);
      reject(new SipreelError('redis_away', `Redis did not answer within ${timeoutMs} ms`));
    }, timeoutMs);
    const up = () => {
      clearTimeout(timer);
      resolve();
    };
    redis.once('ready', up);
  });
};

/**
 * Ends a connection: within `timeoutMs`, commands in flight are answered first if Redis is there. What still waits then
 * is rejected. Idempotent.
 */
export const closeRedis = async (redis: Redis, timeoutMs = 1_000): Promise<void> => {
  if (redis.status === 'end') return;
  if (redis.status === 'ready') {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      const done = () => {
        clearTimeout(timer);
        redis.removeListener('close', done);
        resolve();
      };
      // A connection that waits for ever would send QUIT again to the next Redis.
      redis.once('close', done);
      redis.quit().then(done, done);
    });
  }
  redis.disconnect();
};
