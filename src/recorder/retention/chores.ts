import { type Job, Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Logger } from '../../log.ts';
import { queuePrefix } from '../notify/job.ts';
import { withRedis } from '../registry/redis-failure.ts';

/** What createChores needs. */
export interface ChoresOptions {
  /** Of all keys. Default: sipreel. */
  readonly prefix?: string;
  /** Nodes with the same name share the work; no ":". */
  readonly queueName: string;
  /** In role commands, for what is added; stays the caller's. */
  readonly commands: Redis;
  /** In role blocking, for what is done; BullMQ opens its own ones like it. */
  readonly blocking: Redis;
  /** Does it; may be done again after it has failed or its process has died. */
  readonly run: (recordingId: string) => Promise<void>;
  /** How many are done at once in this process. Default: 2. */
  readonly concurrency?: number;
  /** Milliseconds before the second try; each further pause is twice as long. Default: 1,000. */
  readonly retryMs?: number;
  /** Most milliseconds between two tries. Default: 600,000. */
  readonly mostRetryMs?: number;
  /** Milliseconds that work belongs to a process that gives no sign of life (30,000), and between looks for such (15,000). */
  readonly lockMs?: number;
  readonly stalledMs?: number;
  readonly log: Logger;
}

/** Milliseconds that close waits for what runs. */
const closeMs = 10_000;
/** Milliseconds in which a connection is broken off. */
const breakOffMs = 500;

const within = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref());

/** Work on recordings that has to be done some time: tried until it succeeds, once at a time over all nodes. */
export interface Chores {
  /** One that is there already is not added again; one that waits for its next try is tried now. Throws redis_away. */
  add(recordingId: string): Promise<void>;
  start(): void;
  /** Waits for what runs, for 10 s at most: then another process does it. Idempotent. */
  close(): Promise<void>;
}

/** A line of chores in Redis. */
export const createChores = (options: ChoresOptions): Chores => {
  const { queueName, commands, blocking, run, log, concurrency = 2, retryMs = 1_000, mostRetryMs = 600_000 } = options;
  const prefix = queuePrefix(options.prefix ?? 'sipreel');
  const queue = new Queue<Record<string, never>>(queueName, {
    connection: commands,
    prefix,
    defaultJobOptions: {
      attempts: Number.MAX_SAFE_INTEGER,
      backoff: { type: 'custom' },
      removeOnComplete: true,
      stackTraceLimit: 0,
      keepLogs: 0,
    },
  });
  // Absences of Redis are logged by whoever opened the connections.
  queue.on('error', (err) => log.debug({ err }, 'a line of chores lost its connection'));
  // A connection of its own, so that close can break it off: while Redis is away a command may wait for ever.
  const own = blocking.duplicate();
  let worker: Worker | undefined;
  let running: Promise<void> | undefined;
  let closing: Promise<void> | undefined;

  const work = async (job: Job): Promise<void> => {
    const recording_id = job.id ?? '';
    try {
      await run(recording_id);
    } catch (err) {
      // Once, and then each time that it has taken much longer still.
      const level = Number.isInteger(Math.log2(job.attemptsMade + 1)) ? 'warn' : 'debug';
      log[level](
        { chore: queueName, recording_id, tries: job.attemptsMade + 1, err },
        'a chore failed: it is tried again',
      );
      throw err;
    }
  };

  return {
    async add(recordingId) {
      await withRedis(async () => {
        const job = await queue.add('chore', {}, { jobId: recordingId });
        // Between the two somebody may have begun it: then there is nothing to hurry.
        if (await job.isDelayed()) await job.promote().catch((err: unknown) => log.debug({ err }, 'not promoted'));
      });
    },
    start() {
      if (worker !== undefined || closing !== undefined) return;
      worker = new Worker(queueName, work, {
        connection: own,
        prefix,
        concurrency,
        autorun: false,
        // Work whose workers died again and again is still to be done.
        maxStalledCount: Number.MAX_SAFE_INTEGER,
        lockDuration: options.lockMs ?? 30_000,
        stalledInterval: options.stalledMs ?? 15_000,
        settings: {
          backoffStrategy: (made) => Math.min(mostRetryMs, retryMs * 2 ** Math.min(made - 1, 20)),
        },
      });
      worker.on('error', (err) => log.debug({ err }, 'a line of chores lost its connection'));
      running = worker
        .run()
        .catch((err: unknown) => log.error({ err, chore: queueName }, 'a line of chores has ended'));
    },
    close() {
      closing ??= (async () => {
        if (worker !== undefined) {
          // While Redis is away nothing that is done can be written down: another process does it again.
          const gone = worker.close(own.status !== 'ready').then(() => 'gone' as const);
          if ((await Promise.race([gone, within(closeMs)])) !== 'gone') await worker.getBackend().close(true);
        }
        own.disconnect();
        await Promise.race([running, within(breakOffMs)]);
        await queue.close();
      })();
      return closing;
    },
  };
};
