import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { DelayedError, type Job, Queue, UnrecoverableError, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Dispatcher } from 'undici';
import { asSipreelError, SipreelError } from '../../errors/error.ts';
import type { Logger } from '../../log.ts';
import { nextAttempt } from './backoff.ts';
import { createHostSlots } from './host-slots.ts';
import { isRecordingEvent, queuePrefix, type StatusJob, statusQueueName } from './job.ts';
import type { AroundDelivery, DeliveryObserver } from './observer.ts';
import { post } from './post.ts';
import { signatureHeaders, standardHeaders } from './signature.ts';
import { createSuccession } from './succession.ts';

/** What createDeliverer needs. */
export interface DelivererOptions {
  /** In role blocking; it may be shared with the notifier. Who makes it closes it, after the deliverer. */
  readonly connection: Redis;
  /** Of all keys; sipreel by default. */
  readonly prefix?: string;
  /** Decides which addresses may be reached (see net/address-guard.ts). Who makes it closes it, after the deliverer. */
  readonly dispatcher: Dispatcher;
  readonly log: Logger;
  readonly observer?: DeliveryObserver;
  readonly aroundDelivery?: AroundDelivery;
  /** Signs each POST if it is given and not empty. */
  readonly signingKey?: string;
  /** sipreel by default. */
  readonly userAgent?: string;
  /** Deliveries at once; 32 by default. */
  readonly concurrency?: number;
  /** Of these to the same host; 8 by default, and one while it gives no answer. */
  readonly perHost?: number;
  /** Milliseconds for one attempt; 10,000 by default. */
  readonly timeoutMs?: number;
  /** Milliseconds to the second attempt; 1,000 by default. */
  readonly firstRetryMs?: number;
  /** Milliseconds for which delivery is attempted; a day by default. */
  readonly maxAgeMs?: number;
  /** Milliseconds that an event waits for earlier ones of its recording; 60,000 by default. */
  readonly patienceMs?: number;
  /** Milliseconds between looks for events whose deliverer died; 30,000 by default. */
  readonly stalledMs?: number;
  /** Milliseconds since the epoch; Date.now by default. */
  readonly now?: () => number;
  /** 0 up to 1; Math.random by default. */
  readonly random?: () => number;
}

/** Delivers status events until it is closed. */
export interface Deliverer {
  start(): void;
  /** Waits for the attempts under way. Idempotent. */
  close(): Promise<void>;
}

type StatusBullJob = Job<StatusJob, void>;

/** What shares places: the same scheme, host and port; what is no URL has a place of its own. */
const hostOf = ({ data }: StatusBullJob): string => URL.parse(data.status_url)?.origin ?? data.status_url;

/** What no further attempt can mend. */
const hopeless = new Set(['outbound_address_refused', 'status_url_invalid']);

const facts = ({ data, attemptsMade }: StatusBullJob) => ({
  call_id: data.event.params.call_id,
  ...(isRecordingEvent(data.event) ? { recording_id: data.event.params.recording_id } : {}),
  event_id: data.event.event_id,
  attempts: attemptsMade,
});

const traced = ({ data, attemptsMade }: StatusBullJob) => ({
  event_id: data.event.event_id,
  call_id: data.event.params.call_id,
  attempt: attemptsMade + 1,
  trace: data.trace,
});

/** The consuming side of the status event queue: posts each event until it is taken, or too old. */
export const createDeliverer = (options: DelivererOptions): Deliverer => {
  const {
    connection,
    dispatcher,
    log,
    signingKey = '',
    userAgent = 'sipreel',
    concurrency = 32,
    perHost = 8,
  } = options;
  const { timeoutMs = 10_000, firstRetryMs = 1_000, maxAgeMs = 86_400_000, patienceMs = 60_000 } = options;
  const { stalledMs = 30_000, now = Date.now, random = Math.random } = options;
  const prefix = queuePrefix(options.prefix ?? 'sipreel');
  const stop = new AbortController();
  // Each attempt under way listens to it.
  setMaxListeners(0, stop.signal);
  let running: { readonly worker: Worker<StatusJob, void>; readonly queue: Queue<StatusJob> } | undefined;
  let closing: Promise<void> | undefined;

  const deliver = async ({ data }: StatusBullJob) => {
    const { event, status_url } = data;
    const body = Buffer.from(JSON.stringify(event));
    try {
      await post({
        url: status_url,
        body,
        headers: {
          'user-agent': userAgent,
          'idempotency-key': event.event_id,
          ...(signingKey === ''
            ? {}
            : {
                ...signatureHeaders(signingKey, status_url, body),
                ...standardHeaders(signingKey, event.event_id.replaceAll('.', '_'), Math.floor(now() / 1000), body),
              }),
        },
        dispatcher,
        timeoutMs,
        signal: stop.signal,
      });
    } catch (thrown) {
      const error = asSipreelError(thrown);
      if (!hopeless.has(error.code)) throw error;
      // BullMQ knows by the class that there is nothing to try again; the cause is for the log.
      throw Object.assign(new UnrecoverableError(error.message), { cause: error });
    }
  };

  const slots = createHostSlots(perHost);

  /** Takes a place for the job's host, or puts the job back and throws DelayedError, which BullMQ wants to see. */
  const awaitPlace = async (job: StatusBullJob, token: string | undefined): Promise<void> => {
    const waitMs = slots.take(hostOf(job), now());
    if (waitMs === undefined) return;
    await job.moveToDelayed(Date.now() + waitMs, token);
    throw new DelayedError();
  };

  const deliverInPlace = async (job: StatusBullJob): Promise<void> => {
    const startedAt = now();
    let answered = true;
    try {
      await (options.aroundDelivery ? options.aroundDelivery(traced(job), () => deliver(job)) : deliver(job));
    } catch (error) {
      answered = !(error instanceof SipreelError && error.code === 'status_event_unanswered');
      throw error;
    } finally {
      slots.release(hostOf(job), { answered, tookMs: now() - startedAt }, now());
    }
  };

  const retryDelay = (
    attempt: number,
    job: { readonly timestamp: number; readonly data?: Partial<StatusJob> } | undefined,
  ): number => {
    const ageMs = now() - (job?.data?.since ?? job?.timestamp ?? now());
    const next = nextAttempt({ attempt, ageMs, maxAgeMs, firstMs: firstRetryMs, random: random() });
    return next === 'give_up' ? -1 : next;
  };

  const logFailure = (job: StatusBullJob, error: Error) => {
    const err = error instanceof UnrecoverableError && error.cause !== undefined ? error.cause : error;
    if (job.finishedOn !== undefined) return log.error({ ...facts(job), err }, 'status event given up');
    const level = job.attemptsMade === 1 ? 'warn' : 'debug';
    log[level]({ ...facts(job), err }, 'status event not delivered: it will be tried again');
  };

  const open = () => {
    const queue = new Queue<StatusJob>(statusQueueName, { connection, prefix, skipMetasUpdate: true });
    const succession = createSuccession({ queue, log, patienceMs, now });
    const worker = new Worker<StatusJob, void>(
      statusQueueName,
      async (job, token) => {
        await succession.awaitTurn(job, token);
        await awaitPlace(job, token);
        await deliverInPlace(job);
      },
      {
        connection,
        prefix,
        concurrency,
        lockDuration: timeoutMs + 20_000,
        stalledInterval: stalledMs,
        // An event whose deliverers died again and again is still owed.
        maxStalledCount: Number.MAX_SAFE_INTEGER,
        runRetryDelay: 1_000,
        settings: { backoffStrategy: (attempt, _type, _error, job) => retryDelay(attempt, job) },
      },
    );
    // The connection's own listener tells of absences, and the worker goes on by itself.
    queue.on('error', (err) => log.debug({ err }, 'status event queue'));
    worker.on('error', (err) => log.debug({ err }, 'status event worker'));
    const observe = (job: StatusBullJob, result: 'ok' | 'failed' | 'dead'): void =>
      options.observer?.attempted(result, Date.now() - (job.processedOn ?? Date.now()));
    worker.on('failed', (job, error) => {
      if (job === undefined) return;
      observe(job, job.finishedOn === undefined ? 'failed' : 'dead');
      logFailure(job, error);
      void succession.attempted(job);
    });
    worker.on('completed', (job) => {
      observe(job, 'ok');
      log.debug(facts(job), 'status event delivered');
      void succession.attempted(job);
    });
    return { worker, queue };
  };

  const shut = async ({ worker, queue }: NonNullable<typeof running>) => {
    const there = connection.status === 'ready';
    const gone = worker.close(!there);
    // While Redis is away an attempt's result cannot be written down: another process will make it again.
    if (!there) stop.abort(new Error('the deliverer closed'));
    const timer = new AbortController();
    const late = sleep(timeoutMs + 2_000, 'late' as const, { signal: timer.signal }).catch(() => undefined);
    if ((await Promise.race([gone, late])) === 'late') {
      log.warn('status event worker did not close in time');
      stop.abort(new Error('the deliverer closed'));
      await worker.getBackend().close(true);
    }
    timer.abort();
    await queue.close();
  };

  return {
    start() {
      if (closing === undefined) running ??= open();
    },
    close() {
      closing ??= running === undefined ? Promise.resolve() : shut(running);
      return closing;
    },
  };
};
