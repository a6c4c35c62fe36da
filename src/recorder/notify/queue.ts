import { setTimeout as sleep } from 'node:timers/promises';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { SipreelError } from '../../errors/error.ts';
import type { Logger } from '../../log.ts';
import type { StatusEvent } from '../recording/events.ts';
import { asRedisFailure } from '../registry/redis-failure.ts';
import { carried, type TraceCarrier } from '../trace-carrier.ts';
import {
  type CallEvent,
  deadLetterS,
  deliveriesKey,
  isRecordingEvent,
  jobIdOf,
  queuePrefix,
  type StatusJob,
  statusJobOptions,
  statusQueueName,
} from './job.ts';

/** What createNotifier needs. */
export interface NotifierOptions {
  /** In role blocking; it may be shared with the deliverer. Who makes it closes it, after the notifier. */
  readonly connection: Redis;
  /** Of all keys; sipreel by default. */
  readonly prefix?: string;
  readonly log: Logger;
  /** Where the events of all recordings go as well; empty, the default, is nowhere. */
  readonly eventsUrl?: string;
  /** How many events are kept in memory while Redis is away; 10,000 by default, some 20 MB. */
  readonly maxKept?: number;
  /** Milliseconds after which owe answers kept; 1,000 by default. */
  readonly queueTimeoutMs?: number;
  /** Milliseconds between attempts when Redis refuses an event; 1,000 by default. */
  readonly retryMs?: number;
  /** Milliseconds that close waits for kept events to be queued; 2,000 by default. */
  readonly closeTimeoutMs?: number;
  /** Where the trace of what an event is of stands. */
  readonly traceOf?: (of: { readonly recordingId?: string; readonly callId: string }) => TraceCarrier;
}

/** queued: Redis has the event. kept: this process has it, and queues it as soon as Redis takes it. */
export type Owed = 'queued' | 'kept';

/** Takes the status events that are owed to status_url. */
export interface Notifier {
  /**
   * Owes an event: it is delivered once, however often it is owed, also after its delivery. While Redis is away the event
   * is kept in memory. `after` names events that are told before one that is not a recording's. A recording's goes to the
   * URL of all events too, without a status_url to that one alone. Throws status_event_not_kept if too many are kept, or
   * the notifier is closed.
   */
  owe(event: StatusEvent | CallEvent, statusUrl: string | undefined, after?: readonly string[]): Promise<Owed>;
  /**
   * Owes those of a recording's events that Redis never got, because the process that kept them in memory died; what is older
   * than a week is taken for told. Answers when Redis is there. Throws as owe.
   */
  oweMissing(events: readonly StatusEvent[], statusUrl: string | undefined): Promise<Owed>;
  /** Resolves when no event of the recording is kept here any more; rejects with status_event_not_kept at close. */
  settled(recordingId: string): Promise<void>;
  /** How many events are kept in memory. */
  kept(): number;
  /** Queues what is kept if Redis is there, and reports what is lost with this process. Idempotent. */
  close(): Promise<void>;
}

interface Kept {
  readonly job: StatusJob;
  readonly queued: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const keep = (job: StatusJob): Kept => {
  let resolve = () => {};
  let reject = (_error: unknown) => {};
  const queued = new Promise<void>((onQueued, onLost) => {
    resolve = onQueued;
    reject = onLost;
  });
  // Whoever waits has the error from its own chain; this one is for an event that nobody waits for.
  queued.catch(() => undefined);
  return { job, queued, resolve, reject };
};

/**
 * The producing side of the status event queue. Events pass one after the other, in the order in which they are owed, so
 * that what is kept while Redis is away arrives in order too.
 */
export const createNotifier = (options: NotifierOptions): Notifier => {
  const {
    connection,
    log,
    maxKept = 10_000,
    queueTimeoutMs = 1_000,
    retryMs = 1_000,
    closeTimeoutMs = 2_000,
    prefix = 'sipreel',
    eventsUrl = '',
  } = options;
  const queue = new Queue<StatusJob>(statusQueueName, {
    connection,
    prefix: queuePrefix(prefix),
    streams: { events: { maxLen: 1_000 } },
  });
  // The connection's own listener tells of absences.
  queue.on('error', (err) => log.debug({ err }, 'status event queue'));

  const waiting = new Map<string, Kept>();
  const stop = new AbortController();
  let flushing: Promise<void> | undefined;
  let troubled = false;
  let closing: Promise<void> | undefined;

  const notKept = (eventId: string, why: string): SipreelError =>
    new SipreelError('status_event_not_kept', `Status event ${eventId} is not kept: ${why}`, {
      details: { event_id: eventId, kept: waiting.size },
    });

  const traceOf = (event: StatusEvent | CallEvent): TraceCarrier | undefined =>
    options.traceOf?.({
      callId: event.params.call_id,
      ...(isRecordingEvent(event) ? { recordingId: event.params.recording_id } : {}),
    });

  const trouble = (err: unknown) => {
    if (troubled) return;
    troubled = true;
    log.warn({ kept: waiting.size, err }, 'status events are kept in memory until redis takes them');
  };

  /** Where people look a recording's events up; before the event itself, so that none is missing there. */
  const noteDelivery = async (jobId: string, { event }: StatusJob): Promise<void> => {
    if (!isRecordingEvent(event)) return;
    const key = deliveriesKey(prefix, event.params.recording_id);
    await connection.multi().zadd(key, 'NX', Date.now(), jobId).expire(key, deadLetterS).exec();
  };

  /** Queues the first event, which may take as long as Redis is away; false if it has to be tried again. */
  const queueFirst = async (jobId: string, { job, resolve }: Kept): Promise<boolean> => {
    try {
      // On their way together, so that there is no moment between them at which this process could die.
      await Promise.all([noteDelivery(jobId, job), queue.add('status', job, statusJobOptions(jobId))]);
    } catch (error) {
      // Out of memory, read-only, loading: the event stays first and is tried again.
      trouble(asRedisFailure(error));
      return false;
    }
    waiting.delete(jobId);
    resolve();
    return true;
  };

  const flush = async () => {
    for (;;) {
      const [first] = waiting;
      if (first === undefined || stop.signal.aborted) break;
      if (await queueFirst(...first)) continue;
      await sleep(retryMs, undefined, { signal: stop.signal }).catch(() => undefined);
    }
    flushing = undefined;
    if (!troubled || waiting.size > 0) return;
    troubled = false;
    log.info('all kept status events are queued');
  };

  const within = async (ms: number, done: Promise<unknown>): Promise<boolean> => {
    const timer = new AbortController();
    const late = sleep(ms, false, { signal: timer.signal }).catch(() => false);
    try {
      return await Promise.race([done.then(() => true), late]);
    } finally {
      timer.abort();
    }
  };

  const take = (job: StatusJob): Kept => {
    const jobId = jobIdOf(job.event.event_id, job.copy);
    const known = waiting.get(jobId);
    if (known !== undefined) return known;
    if (waiting.size >= maxKept) throw notKept(jobId, `${waiting.size} wait already`);
    const entry = keep(job);
    waiting.set(jobId, entry);
    flushing ??= flush();
    return entry;
  };

  /** Where an event goes. */
  const jobsOf = (
    event: StatusEvent | CallEvent,
    statusUrl: string | undefined,
    after?: readonly string[],
  ): readonly StatusJob[] => {
    const jobs: StatusJob[] = [];
    const trace = carried(traceOf(event));
    if (statusUrl !== undefined) jobs.push({ event, status_url: statusUrl, ...trace, ...(after ? { after } : {}) });
    if (eventsUrl !== '' && eventsUrl !== statusUrl && isRecordingEvent(event)) {
      jobs.push({ event, status_url: eventsUrl, copy: true, ...trace });
    }
    return jobs;
  };

  const oweAll = async (jobs: readonly StatusJob[]): Promise<Owed> => {
    const queued = Promise.all(jobs.map((job) => take(job).queued));
    // Who waits longer than this asks settled().
    queued.catch(() => undefined);
    if (await within(queueTimeoutMs, queued)) return 'queued';
    trouble(undefined);
    return 'kept';
  };

  return {
    async owe(event, statusUrl, after) {
      if (closing !== undefined) throw notKept(event.event_id, 'the notifier is closed');
      return oweAll(jobsOf(event, statusUrl, after));
    },

    async oweMissing(events, statusUrl) {
      const since = Date.now() / 1000 - deadLetterS;
      const jobs = events.filter(({ timestamp }) => timestamp > since).flatMap((event) => jobsOf(event, statusUrl));
      const [first] = events;
      if (first === undefined || jobs.length === 0) return 'queued';
      const known = new Set(await connection.zrange(deliveriesKey(prefix, first.params.recording_id), '0', '-1'));
      if (closing !== undefined) throw notKept(first.event_id, 'the notifier is closed');
      return oweAll(jobs.filter(({ event, copy }) => !known.has(jobIdOf(event.event_id, copy))));
    },

    async settled(recordingId) {
      const own = [...waiting.values()].filter(
        ({ job: { event } }) => isRecordingEvent(event) && event.params.recording_id === recordingId,
      );
      await Promise.all(own.map((entry) => entry.queued));
    },

    kept: () => waiting.size,

    close() {
      closing ??= (async () => {
        if (flushing !== undefined && connection.status === 'ready') await within(closeTimeoutMs, flushing);
        stop.abort();
        if (waiting.size > 0) {
          const lost = [...waiting.keys()];
          log.error({ count: lost.length, event_ids: lost.slice(0, 20) }, 'status events are lost with this process');
          for (const [eventId, entry] of waiting) entry.reject(notKept(eventId, 'the notifier closed'));
        }
        await queue.close();
      })();
      return closing;
    },
  };
};
