import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { asSipreelError, SipreelError } from '../../errors/error.ts';
import { errorKinds } from '../../errors/registry.ts';
import type { Logger } from '../../log.ts';
import { registryKeys } from '../registry/keys.ts';
import { withRedis } from '../registry/redis-failure.ts';

/** What createMailbox needs. Who makes the connections closes them, after the mailbox. */
export interface MailboxOptions {
  /** In role commands. */
  readonly redis: Redis;
  /** In role subscriber, of this mailbox alone. */
  readonly subscriber: Redis;
  /** Of all keys; sipreel by default. */
  readonly prefix?: string;
  readonly nodeId: string;
  readonly log: Logger;
}

/** What a node does when it is asked; what it throws is thrown where the question came from. */
export type Handler = (body: Readonly<Record<string, unknown>>) => Promise<unknown>;

export interface AskOptions {
  /** Milliseconds until the question counts as unanswered; 5,000 by default. */
  readonly timeoutMs?: number;
}

/** Questions between nodes, by Redis' channels: each is answered once or fails within its time. */
export interface Mailbox {
  /** Listens; Redis may come later. */
  start(): void;
  /** What this node does when it is asked for `what`. */
  handle(what: string, handler: Handler): void;
  /**
   * The node's answer, after JSON. Throws what the node has thrown (its code, message and details), node_gone if nobody
   * listens there, node_unanswered when the time is over (it may be done all the same), redis_away or redis_refused.
   * This node's own questions to itself need no Redis.
   */
  ask(nodeId: string, what: string, body: Readonly<Record<string, unknown>>, options?: AskOptions): Promise<unknown>;
  /** Idempotent: open questions fail, questions to this node find nobody. Waits for the answers under way. */
  close(): Promise<void>;
}

interface Question {
  readonly id: string;
  readonly answers: string;
  readonly what: string;
  readonly body: Readonly<Record<string, unknown>>;
}

type Answer =
  | { readonly id: string; readonly value: unknown }
  | { readonly id: string; readonly error: { code: string; message: string; details: Record<string, unknown> } };

type Settle = (answer: Answer | SipreelError) => void;

/** The error that another node has thrown, as far as this version knows it. */
const errorOf = ({ code, message, details }: Extract<Answer, { error: unknown }>['error']): SipreelError =>
  new SipreelError(Object.hasOwn(errorKinds, code) ? (code as keyof typeof errorKinds) : 'internal_error', message, {
    details,
  });

/** A message that has these texts; undefined for what nobody of ours has written. */
const parsed = <T>(text: string, ...needed: readonly string[]): T | undefined => {
  try {
    const value = JSON.parse(text) as Readonly<Record<string, unknown>> | null;
    return needed.every((name) => typeof value?.[name] === 'string') ? (value as T) : undefined;
  } catch {
    return undefined;
  }
};

/** The mailbox of one process of a node. */
export const createMailbox = (options: MailboxOptions): Mailbox => {
  const { redis, subscriber, nodeId, log } = options;
  const keys = registryKeys(options.prefix ?? 'sipreel');
  const asks = keys.asks(nodeId);
  /** Of this process, so that nobody else gets its answers. */
  const answers = keys.answers(randomUUID());
  const handlers = new Map<string, Handler>();
  const open = new Map<string, Settle>();
  const working = new Set<Promise<void>>();
  let started = false;
  let closing: Promise<void> | undefined;

  const perform = async (what: string, body: Question['body']): Promise<unknown> => {
    const handler = handlers.get(what);
    if (handler !== undefined) return handler(body);
    throw new SipreelError('node_incapable', `node ${nodeId} does not know what ${JSON.stringify(what)} is`);
  };

  const answer = async (question: Question): Promise<void> => {
    const { id, what } = question;
    const message = await perform(what, question.body).then(
      (value): Answer => ({ id, value }),
      (thrown: unknown): Answer => {
        const { code, message, details, kind } = asSipreelError(thrown);
        if (kind.fault === 'sipreel') log.error({ err: thrown, what }, 'a question of another node failed');
        return { id, error: { code, message, details: { ...details } } };
      },
    );
    try {
      await redis.publish(question.answers, JSON.stringify(message));
    } catch (err) {
      // Who asked learns by the time-out that there is no answer, and by asking again what became of it.
      log.warn({ err, what }, 'an answer to another node is lost');
    }
  };

  const onMessage = (channel: string, text: string): void => {
    if (channel === answers) {
      const came = parsed<Answer>(text, 'id');
      if (came !== undefined) open.get(came.id)?.(came);
    } else if (channel === asks) {
      const question = parsed<Question>(text, 'id', 'what', 'answers');
      if (question === undefined) return;
      const work = answer(question).finally(() => working.delete(work));
      working.add(work);
    }
  };

  /** Resolves with the answer to a question that `send` puts; it is listened for before that. */
  const answerTo = (id: string, timeoutMs: number, what: string, to: string, send: () => Promise<void>) =>
    new Promise<unknown>((resolve, reject) => {
      const settle: Settle = (result) => {
        clearTimeout(timer);
        open.delete(id);
        if (result instanceof SipreelError) reject(result);
        else if ('error' in result) reject(errorOf(result.error));
        else resolve(result.value);
      };
      const late = (): void =>
        settle(new SipreelError('node_unanswered', `node ${to} has not answered ${what} within ${timeoutMs} ms`));
      const timer = setTimeout(late, timeoutMs);
      open.set(id, settle);
      send().catch((error: unknown) => settle(asSipreelError(error)));
    });

  return {
    start() {
      if (started || closing !== undefined) return;
      started = true;
      subscriber.on('message', onMessage);
      // Made as soon as Redis is there, and again by the connection when it was away.
      subscriber.subscribe(asks, answers).catch((err: unknown) => {
        if (closing === undefined) log.warn({ err }, 'other nodes cannot ask this one: the subscription failed');
      });
    },

    handle: (what, handler) => void handlers.set(what, handler),

    async ask(to, what, body, { timeoutMs = 5_000 } = {}) {
      if (closing !== undefined) throw new SipreelError('draining', 'this node is going down: it asks no other one');
      // As any node would get it.
      const plain = JSON.parse(JSON.stringify(body)) as Question['body'];
      if (to === nodeId) return perform(what, plain);
      const question: Question = { id: randomUUID(), answers, what, body: plain };
      return answerTo(question.id, timeoutMs, what, to, async () => {
        const heard = await withRedis(() => redis.publish(keys.asks(to), JSON.stringify(question)));
        if (heard === 0) throw new SipreelError('node_gone', `node ${to} does not listen: it is gone, or cut off`);
      });
    },

    close() {
      closing ??= (async () => {
        for (const settle of [...open.values()]) {
          settle(new SipreelError('draining', 'this node is going down: its question to another one is given up'));
        }
        if (!started) return;
        // Not awaited: while Redis is away it waits with the connection, which ends soon and the subscription with it.
        subscriber.unsubscribe(asks, answers).catch((err: unknown) => log.debug({ err }, 'unsubscribe failed'));
        await Promise.all(working);
        subscriber.removeListener('message', onMessage);
      })();
      return closing;
    },
  };
};
