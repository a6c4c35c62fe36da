import { type Job, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { SipreelError } from '../../errors/error.ts';
import type { Logger } from '../../log.ts';
import { withRedis } from '../registry/redis-failure.ts';
import { deliveriesKey, queuePrefix, type StatusJob, statusQueueName } from './job.ts';

/** What createDeliveries needs. */
export interface DeliveriesOptions {
  /** In role commands, so that nobody waits while Redis is away. Who makes it closes it, after the deliveries. */
  readonly connection: Redis;
  /** Of all keys; sipreel by default. */
  readonly prefix?: string;
  readonly log: Logger;
  /** Milliseconds since the epoch; Date.now by default. */
  readonly now?: () => number;
}

/**
 * One status event on its way to status_url. waiting: its turn, or its next attempt, is to come; delivering: an attempt is
 * under way; failed: given up, a dead letter; forgotten: it was settled days ago. Times are Unix seconds.
 */
export interface Delivery {
  /** Its number among the recording's: 1 for the first. */
  readonly n: number;
  readonly event_id: string;
  readonly state: 'waiting' | 'delivering' | 'delivered' | 'failed' | 'forgotten';
  readonly recording_id?: string;
  readonly call_id?: string;
  /** The recording's state that the event tells. */
  readonly tells?: string;
  /** Scheme, host and port of status_url: the rest may hold secrets. */
  readonly to?: string;
  readonly attempts?: number;
  readonly queued_at?: number;
  readonly delivered_at?: number;
  readonly next_attempt_at?: number;
  /** How the last attempt failed. */
  readonly error?: string;
}

export interface DeliveryPage {
  /** The last to fail first. */
  readonly deliveries: readonly Delivery[];
  /** Where the next page begins; undefined if this is the last. */
  readonly next?: number;
}

/** Looks at the queue of status events for people. Every method throws redis_away or redis_refused. */
export interface Deliveries {
  /** The events of one recording, in the order in which they were owed. */
  ofRecording(recordingId: string): Promise<readonly Delivery[]>;
  /** Dead letters: events that were given up, of calls too. */
  failed(page: { readonly limit: number; readonly from?: number }): Promise<DeliveryPage>;
  /**
   * Tries an event again, now, for another day: one that was given up, one that waits, or one that was delivered and is wanted
   * again. Throws delivery_unknown.
   */
  retry(recordingId: string, n: number): Promise<Delivery>;
  /** How many events there are in each state. */
  counts(): Promise<Readonly<Record<'waiting' | 'delivering' | 'failed', number>>>;
  /** Idempotent; leaves the connection open. */
  close(): Promise<void>;
}

type StatusBullJob = Job<StatusJob, void>;

const stateOf = (state: string): Delivery['state'] => {
  switch (state) {
    case 'completed':
      return 'delivered';
    case 'failed':
      return 'failed';
    case 'active':
      return 'delivering';
    case 'unknown':
      return 'forgotten';
    default:
      return 'waiting';
  }
};

/** Never throws: what was queued with a URL that is none says so in its error. */
const originOf = (url: string): { to: string } | Record<string, never> =>
  URL.canParse(url) ? { to: new URL(url).origin } : {};

export const createDeliveries = (options: DeliveriesOptions): Deliveries => {
  const { connection, prefix = 'sipreel', log, now = Date.now } = options;
  const queue = new Queue<StatusJob>(statusQueueName, {
    connection,
    prefix: queuePrefix(prefix),
    skipMetasUpdate: true,
  });
  queue.on('error', (err) => log.debug({ err }, 'status event queue'));
  let closing: Promise<void> | undefined;

  const describe = async (n: number, job: StatusBullJob, inState?: Delivery['state']): Promise<Delivery> => {
    const { event, status_url } = job.data;
    const params: { readonly recording_id?: unknown; readonly call_id?: unknown; readonly state?: unknown } =
      event.params;
    const state = inState ?? stateOf(await job.getState());
    const due = job.timestamp + job.delay;
    return {
      n,
      event_id: event.event_id,
      state,
      ...(typeof params.recording_id === 'string' ? { recording_id: params.recording_id } : {}),
      ...(typeof params.call_id === 'string' ? { call_id: params.call_id } : {}),
      ...(typeof params.state === 'string' ? { tells: params.state } : {}),
      ...originOf(status_url),
      attempts: job.attemptsMade,
      queued_at: job.timestamp / 1000,
      ...(state === 'delivered' && job.finishedOn !== undefined ? { delivered_at: job.finishedOn / 1000 } : {}),
      ...(state === 'waiting' && job.delay > 0 && due > now() ? { next_attempt_at: due / 1000 } : {}),
      ...(state !== 'delivered' && job.failedReason ? { error: job.failedReason } : {}),
    };
  };

  const idsOf = (recordingId: string): Promise<string[]> =>
    withRedis(() => connection.zrange(deliveriesKey(prefix, recordingId), '0', '-1'));

  const find = async (eventId: string): Promise<StatusBullJob | undefined> => withRedis(() => queue.getJob(eventId));

  const tryNow = async (job: StatusBullJob): Promise<void> => {
    const state = await job.getState();
    // From now on it has its full time again.
    if (state !== 'active') await job.updateData({ ...job.data, since: now() });
    switch (state) {
      case 'failed':
      case 'completed':
        await job.retry(state, { resetAttemptsMade: true, resetAttemptsStarted: true });
        return;
      case 'delayed':
        await job.promote();
        return;
      default:
        return; // It is being tried, or is about to be.
    }
  };

  return {
    async ofRecording(recordingId) {
      const ids = await idsOf(recordingId);
      return Promise.all(
        ids.map(async (event_id, index): Promise<Delivery> => {
          const job = await find(event_id);
          const n = index + 1;
          return job === undefined ? { n, event_id, state: 'forgotten' } : withRedis(() => describe(n, job));
        }),
      );
    },

    async failed({ limit, from = 0 }) {
      const jobs = await withRedis(() => queue.getFailed(from, from + limit));
      const deliveries = await Promise.all(
        jobs.slice(0, limit).map(async (job) => {
          const { recording_id } = job.data.event.params as { readonly recording_id?: string };
          const ids = recording_id === undefined ? [] : await idsOf(recording_id);
          return describe(ids.indexOf(job.id ?? '') + 1, job, 'failed');
        }),
      );
      return { deliveries, ...(jobs.length > limit ? { next: from + limit } : {}) };
    },

    async retry(recordingId, n) {
      const event_id = (await idsOf(recordingId))[n - 1];
      const job = event_id === undefined ? undefined : await find(event_id);
      if (job === undefined) {
        throw new SipreelError('delivery_unknown', `recording ${recordingId} has no delivery ${n} that can be tried`);
      }
      await withRedis(() => tryNow(job));
      const { call_id } = job.data.event.params;
      log.info(
        { call_id, event_id, recording_id: recordingId },
        'a status event is tried again: somebody has asked for it',
      );
      const again = await find(job.id ?? '');
      return withRedis(() => describe(n, again ?? job));
    },

    async counts() {
      const {
        waiting = 0,
        delayed = 0,
        prioritized = 0,
        active = 0,
        failed = 0,
      } = await withRedis(() => queue.getJobCounts('waiting', 'delayed', 'prioritized', 'active', 'failed'));
      return { waiting: waiting + delayed + prioritized, delivering: active, failed };
    },

    close() {
      closing ??= queue.close();
      return closing;
    },
  };
};
