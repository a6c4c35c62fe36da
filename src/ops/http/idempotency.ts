import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Redis } from 'ioredis';
import { SipreelError } from '../../errors/error.ts';
import { withRedis } from '../../recorder/registry/redis-failure.ts';

/** What was answered to the first request with a key. */
interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** What is kept of a request: the answer is missing while it is being worked on. */
interface Kept {
  /** Of its body: another one needs another key. */
  readonly body: string;
  readonly answer?: Answer;
}

/** What createIdempotency needs. */
export interface IdempotencyOptions {
  /** In role commands. Who makes it closes it. */
  readonly redis: Redis;
  /** Of all keys; sipreel by default. */
  readonly prefix?: string;
}

/** Requests that must not be done twice, by their Idempotency-Key, across nodes. */
export interface Idempotency {
  /** The answer to the first request with this key, or undefined for the first. Throws idempotency_key_reused or _busy. */
  begin(key: string, body: string): Promise<Answer | undefined>;
  /** Keeps the answer for a day. */
  finish(key: string, body: string, answer: Answer): Promise<void>;
  /** The first request came to nothing: the next one with this key is done anew. */
  abandon(key: string): Promise<void>;
}

/** How long a request that is never answered, because its node died, keeps its key. */
const workingS = 60;
const keptS = 86_400;

export const createIdempotency = ({ redis, prefix = 'sipreel' }: IdempotencyOptions): Idempotency => {
  const keyOf = (key: string): string => `${prefix}:idempotency:${key}`;
  return {
    async begin(key, body) {
      for (;;) {
        const mine: Kept = { body };
        const claimed = await withRedis(() => redis.set(keyOf(key), JSON.stringify(mine), 'EX', workingS, 'NX'));
        if (claimed === 'OK') return undefined;
        const json = await withRedis(() => redis.get(keyOf(key)));
        if (json === null) continue; // It has expired in between.
        const kept = JSON.parse(json) as Kept;
        if (kept.body !== body) {
          throw new SipreelError('idempotency_key_reused', 'this Idempotency-Key came with another body before');
        }
        if (kept.answer !== undefined) return kept.answer;
        throw new SipreelError(
          'idempotency_key_busy',
          'the first request with this Idempotency-Key is being worked on',
        );
      }
    },
    async finish(key, body, answer) {
      const kept: Kept = { body, answer };
      await withRedis(() => redis.set(keyOf(key), JSON.stringify(kept), 'EX', keptS));
    },
    async abandon(key) {
      await withRedis(() => redis.del(keyOf(key)));
    },
  };
};

const digest = (...parts: readonly string[]): string => createHash('sha256').update(parts.join('\0')).digest('hex');

declare module 'fastify' {
  interface FastifyRequest {
    /** Of a request whose answer is to be kept. */
    idempotency?: { readonly key: string; readonly body: string } | undefined;
  }
}

const claimOf = (request: FastifyRequest, given: string) => {
  const { caller, method, url, body } = request;
  const who = caller?.by === 'key' ? caller.id : (caller?.by ?? '');
  return { key: digest(who, method, url, given), body: digest(JSON.stringify(body ?? null)) };
};

/** Honours Idempotency-Key on the POSTs that are added later to this part of the server. */
export const addIdempotency = (app: FastifyInstance, idempotency: Idempotency): void => {
  app.decorateRequest('idempotency', undefined);

  app.addHook('preHandler', async (request, reply) => {
    const given = request.headers['idempotency-key'];
    if (request.method !== 'POST' || given === undefined) return;
    if (typeof given !== 'string' || !/^[\x20-\x7e]{1,255}$/.test(given)) {
      throw new SipreelError('idempotency_key_invalid', `the Idempotency-Key has ${given.length} characters`);
    }
    const claim = claimOf(request, given);
    const before = await idempotency.begin(claim.key, claim.body);
    if (before === undefined) {
      request.idempotency = claim;
      return;
    }
    void reply.header('Idempotency-Replayed', 'true');
    return reply.code(before.status).type(before.type).send(before.body);
  });

  app.addHook('onSend', async (request, reply, payload) => {
    const claim = request.idempotency;
    if (claim === undefined) return payload;
    request.idempotency = undefined;
    // What failed has done nothing, and may succeed later: the next request is not told of it.
    const again = reply.statusCode >= 400 || typeof payload !== 'string';
    try {
      if (again) await idempotency.abandon(claim.key);
      else {
        const type = String(reply.getHeader('content-type') ?? 'application/json');
        await idempotency.finish(claim.key, claim.body, { status: reply.statusCode, type, body: payload });
      }
    } catch (err) {
      // It is done; a repetition within a minute is told to wait, and a later one would be done again.
      request.log.warn({ err }, 'an answer could not be kept for its Idempotency-Key');
    }
    return payload;
  });
};
