import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { SipreelError } from '../../errors/error.ts';
import type { Logger } from '../../log.ts';
import { queuePrefix } from '../notify/job.ts';
import { carried, type TraceCarrier } from '../trace-carrier.ts';

/** What an encode job carries: nothing that its spool does not know better. */
export interface EncodeJobData {
  readonly recording_id: string;
  /** Only of jobs that encode a piece: what arrived until then, on the recording's clock, is on the disk, ms. */
  readonly until_ms?: number;
  readonly trace?: TraceCarrier;
}

/** The name of jobs that go on with the file of a recording while it lasts. */
export const pieceJob = 'piece';
/** What a worker takes after all files of recordings that have ended: 0 comes first. */
const piecePriority = 10;

/** What createEncodeQueue needs. */
export interface EncodeQueueOptions {
  /** Stays the caller's; a connection whose commands fail at once while Redis is away is best. */
  readonly connection: Redis;
  /** See encodeQueueName. */
  readonly queueName: string;
  /** Of all keys. Default: sipreel. */
  readonly prefix?: string;
  /** Times that a recording is tried before it counts as failed. Default: 10. */
  readonly attempts?: number;
  /** Milliseconds before the second try; each further pause is twice as long. Default: 2,000, 17 minutes altogether. */
  readonly backoffMs?: number;
  /** Milliseconds that add may take. Default: 2,000. */
  readonly timeoutMs?: number;
  /** Where the trace of a recording stands. */
  readonly traceOf?: (recordingId: string) => TraceCarrier;
  readonly log: Logger;
}

/** Recordings that wait for their file. */
export interface EncodeQueue {
  /**
   * Sees to it that the recording gets encoded: queues it, or tries one that had failed anew; one that is queued already stays
   * as it is. Rejects with redis_away within the time-out: the sweeper queues it later.
   */
  add(recordingId: string): Promise<void>;
  /**
   * Has the file of a recording that goes on made up to what arrived until `untilMs` on its clock. One that waits already stays
   * as it is. Rejects with redis_away within the time-out: then the next one does its work, or the recording's end.
   */
  addPiece(recordingId: string, untilMs: number): Promise<void>;
  /** Forgets the job of a recording that is deleted; one that runs finds that out by itself. Throws redis_away. */
  remove(recordingId: string): Promise<void>;
  /** Jobs that wait, are delayed, are running, or have failed for good. Throws redis_away. */
  counts(): Promise<Readonly<Record<'waiting' | 'delayed' | 'active' | 'failed', number>>>;
  /** Jobs that have failed for good, the last first. Throws redis_away. */
  failed(limit: number): Promise<readonly FailedJob[]>;
  /**
   * Milliseconds for which the recording that was queued first, of those that still have no file, has waited; 0 if none waits.
   * Throws redis_away.
   */
  oldestMs(): Promise<number>;
  /** Idempotent; leaves the connection open. */
  close(): Promise<void>;
}

/** A recording whose file could not be made; its spool waits. */
export interface FailedJob {
  readonly recording_id: string;
  readonly reason: string;
  readonly attempts: number;
  /** Unix seconds. */
  readonly failed_at: number;
}

/** The name of a queue of one node. */
export const nodeQueueName = (kind: string, nodeId: string): string =>
  // BullMQ takes ":" for its own; escaped one by one, two nodes never share a name.
  `${kind}-${nodeId.replace(/[^A-Za-z0-9.-]/gu, (character) => `_${character.codePointAt(0)?.toString(16) ?? ''}_`)}`;

/** The queue of one node: spools lie on its disk, so only its workers can encode them. */
export const encodeQueueName = (nodeId: string): string => nodeQueueName('encode', nodeId);

/** The queue of encode jobs; a job's id is its recording's, so that a recording is queued once. */
export const createEncodeQueue = (options: EncodeQueueOptions): EncodeQueue => {
  const {
    connection,
    queueName,
    log,
    prefix = 'sipreel',
    attempts = 10,
    backoffMs = 2_000,
    timeoutMs = 2_000,
  } = options;
  const queue = new Queue<EncodeJobData>(queueName, {
    connection,
    prefix: queuePrefix(prefix),
    defaultJobOptions: {
      attempts,
      backoff: { type: 'exponential', delay: backoffMs },
      removeOnComplete: true,
      removeOnFail: false,
    },
  });
  // Each command tells its own failure; the connection's absences are logged by whoever opened it.
  queue.on('error', (err) => log.debug({ err }, 'the connection of the encode queue failed'));
  let closing: Promise<void> | undefined;

  const inTime = async <T>(work: () => Promise<T>): Promise<T> => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    });
    try {
      return await Promise.race([work(), late]);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new SipreelError('redis_away', `the encode queue can't be reached: ${reason}`, { cause });
    } finally {
      clearTimeout(timer);
    }
  };

  const enqueue = async (recordingId: string): Promise<void> => {
    const data = { recording_id: recordingId, ...carried(options.traceOf?.(recordingId)) };
    const job = await queue.add('encode', data, { jobId: recordingId });
    // The id of a job that failed is taken until it is removed or retried.
    if (await job.isFailed()) await job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true });
  };

  return {
    add: (recordingId) => inTime(() => enqueue(recordingId)),
    addPiece: (recordingId, untilMs) =>
      inTime(async () => {
        await queue.add(
          pieceJob,
          { recording_id: recordingId, until_ms: untilMs },
          { jobId: `${recordingId}.${pieceJob}`, priority: piecePriority, attempts: 1, removeOnFail: true },
        );
      }),
    remove: (recordingId) => inTime(async () => void (await queue.remove(recordingId))),
    counts: () =>
      inTime(async () => {
        const {
          waiting = 0,
          delayed = 0,
          active = 0,
          failed = 0,
        } = await queue.getJobCounts('waiting', 'delayed', 'active', 'failed');
        return { waiting, delayed, active, failed };
      }),
    failed: (limit) =>
      inTime(async () =>
        (await queue.getFailed(0, limit - 1)).map(({ data, failedReason, attemptsMade, finishedOn = 0 }) => ({
          recording_id: data.recording_id,
          reason: failedReason,
          attempts: attemptsMade,
          failed_at: finishedOn / 1000,
        })),
      ),
    oldestMs: () =>
      inTime(async () => {
        // The delayed ones stand in the order in which they are due: the oldest of some hundred is old enough.
        const [waiting, active, delayed] = await Promise.all([
          queue.getWaiting(0, 0),
          queue.getActive(0, 63),
          queue.getDelayed(0, 99),
        ]);
        // The job is missing where it has ended between the two questions that this takes.
        const queuedAt = [...waiting, ...active, ...delayed].flatMap((job) =>
          job === undefined || job.name === pieceJob ? [] : [job.timestamp],
        );
        return queuedAt.length === 0 ? 0 : Math.max(0, Date.now() - Math.min(...queuedAt));
      }),
    close() {
      closing ??= queue.close();
      return closing;
    },
  };
};
