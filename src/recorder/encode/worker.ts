import { DelayedError, type Job, UnrecoverableError, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { asSipreelError, SipreelError } from '../../errors/error.ts';
import type { ErrorCode } from '../../errors/registry.ts';
import { queuePrefix } from '../notify/job.ts';
import type { FfmpegOptions } from './ffmpeg-binary.ts';
import { giveUpRecording } from './give-up.ts';
import { encodeRecording } from './job.ts';
import { jobLog } from './job-log.ts';
import type { AroundJob } from './observer.ts';
import type { EncodeParts } from './parts.ts';
import { createPieces } from './pieces.ts';
import type { EncodeJobData } from './queue.ts';

/** What createEncodeWorker needs beside what a job works with. */
export interface EncodeWorkerOptions extends Omit<EncodeParts, 'ffmpeg' | 'keepSpool' | 'now' | 'pieces'> {
  /** With maxRetriesPerRequest null, as BullMQ wants it; the worker opens its own ones like it. */
  readonly connection: Redis;
  /** See encodeQueueName. */
  readonly queueName: string;
  readonly aroundJob?: AroundJob;
  /** Of all keys, the same as the queue's. Default: sipreel. */
  readonly prefix?: string;
  /** Recordings that are encoded at once. Default: 2. */
  readonly concurrency?: number;
  /** Default: FFMPEG_BIN and FFPROBE_BIN of the environment, ffmpeg-static, PATH. */
  readonly ffmpeg?: FfmpegOptions;
  /** Default: false. */
  readonly keepSpool?: boolean;
  /**
   * Milliseconds that a job belongs to a worker that gives no sign of life; it is renewed twice as often, however long the
   * encoding. Default: 30,000.
   */
  readonly lockMs?: number;
  /** Milliseconds between looks for jobs of dead workers. Default: 10,000. */
  readonly stalledMs?: number;
  /** Most milliseconds between tries of a recording that storage does not take. Default: 60,000. */
  readonly storageRetryMs?: number;
  /** Milliseconds that close waits for running jobs. Default: 30,000. */
  readonly closeMs?: number;
  /** Milliseconds since the epoch. Default: Date.now. */
  readonly now?: () => number;
}

/** Takes recordings from the queue and makes their files. */
export interface EncodeWorker {
  start(): void;
  /**
   * Takes no more jobs and waits for those that run; after closeMs their ffmpegs are killed and the jobs go back to the
   * queue, no attempt lost. Idempotent; resolves when nothing of it runs any more.
   */
  close(): Promise<void>;
}

/** Times that a job may lose its worker: after that, it is the job that ends its workers. */
const maxStalledCount = 5;
/** Milliseconds that close waits for Redis once the jobs are over. */
const goodbyeMs = 2_000;
/** Milliseconds in which a connection is broken off. */
const breakOffMs = 500;

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref());

/** Failures that trying again would only repeat; any other may be the moment's: a full disk, a lack of memory or file handles. */
const hopeless: ReadonlySet<ErrorCode> = new Set(['spool_missing', 'recording_id_invalid', 'storage_name_invalid']);

/** Why a job failed, of what BullMQ says that it failed with. */
const causeOf = (job: Job, thrown: Error): SipreelError => {
  if (thrown instanceof UnrecoverableError && !(thrown.cause instanceof SipreelError)) {
    return new SipreelError('encode_abandoned', `recording ${job.id}: ${thrown.message}`, { cause: thrown });
  }
  return asSipreelError(thrown instanceof UnrecoverableError ? thrown.cause : thrown);
};

/** The worker of one node's encode queue. */
export const createEncodeWorker = (options: EncodeWorkerOptions): EncodeWorker => {
  const { log, queueName, connection, prefix = 'sipreel', concurrency = 2, closeMs = 30_000 } = options;
  const { storageRetryMs = 60_000 } = options;
  const closing = new AbortController();
  const alone: EncodeParts = {
    ...options,
    ffmpeg: options.ffmpeg ?? {},
    keepSpool: options.keepSpool ?? false,
    now: options.now ?? Date.now,
  };
  const pieces = createPieces(alone, closing.signal);
  const parts: EncodeParts = { ...alone, pieces };
  /** What runs now, so that close can wait for it and for nothing else. */
  const jobs = new Set<Promise<unknown>>();
  const giveUps = new Set<Promise<void>>();
  let running: Promise<void> | undefined;
  let closed: Promise<void> | undefined;

  /** Goes back behind the files that somebody waits for if there is more to do. */
  const runPiece = async (job: Job<EncodeJobData>, untilMs: number, token?: string): Promise<string> => {
    const result = await pieces.advance(job.data.recording_id, untilMs);
    if (result === 'done' || closing.signal.aborted) return result;
    await job.moveToDelayed(Date.now(), token);
    throw new DelayedError();
  };

  const run = async (job: Job<EncodeJobData>, token?: string): Promise<string> => {
    if (job.data.until_ms !== undefined) return runPiece(job, job.data.until_ms, token);
    try {
      const work = () => encodeRecording(parts, job.data.recording_id, closing.signal);
      return await (options.aroundJob ? options.aroundJob(job.data, work) : work());
    } catch (thrown) {
      if (closing.signal.aborted) {
        // Not the job's fault: it goes back as it was, for the next worker.
        await job.moveToDelayed(Date.now(), token);
        throw new DelayedError();
      }
      const error = asSipreelError(thrown);
      options.observer?.failed(job.data.recording_id, error.code);
      if (error.code === 'storage_failed') {
        // Nor is that: however long storage is away, what is owed to it is tried again, and no attempt is lost.
        const delayMs = Math.min(storageRetryMs, 1_000 * 2 ** Math.min(job.attemptsStarted, 20));
        const told = await jobLog(parts, job.data.recording_id);
        told.warn({ err: error, delay_ms: delayMs }, 'storage failed: tried again');
        await job.moveToDelayed(Date.now() + delayMs, token);
        throw new DelayedError();
      }
      if (!hopeless.has(error.code)) throw error;
      const final = new UnrecoverableError(error.message);
      final.cause = error;
      throw final;
    }
  };

  // A connection of its own, so that close can break it off: while Redis is away a command may wait for ever.
  const own = connection.duplicate();
  const tracked = (job: Job<EncodeJobData>, token?: string): Promise<string> => {
    const result = run(job, token);
    const over = result
      .catch(() => undefined) // BullMQ is told; here it only matters that it is over.
      .finally(() => jobs.delete(over));
    jobs.add(over);
    return result;
  };

  const worker = new Worker<EncodeJobData, string>(queueName, tracked, {
    connection: own,
    prefix: queuePrefix(prefix),
    concurrency,
    autorun: false,
    maxStalledCount,
    lockDuration: options.lockMs ?? 30_000,
    stalledInterval: options.stalledMs ?? 10_000,
  });

  const onFailed = async (job: Job<EncodeJobData>, thrown: Error): Promise<void> => {
    const recordingId = job.data.recording_id;
    const error = causeOf(job, thrown);
    const told = await jobLog(parts, recordingId);
    if (job.data.until_ms !== undefined) {
      if (closing.signal.aborted) return;
      told.warn({ err: error }, 'a piece could not be encoded: its time comes with the next one');
      return;
    }
    try {
      if (!(await job.isFailed())) {
        told.warn({ attempt: job.attemptsMade, err: error }, 'encoding failed: it is tried again');
        return;
      }
      await giveUpRecording(parts, recordingId, error, closing.signal);
    } catch (err) {
      // The spool has no mark then, so the sweeper has it encoded again, and it comes back here if that fails.
      told.error({ err }, 'the end of a recording could not be told: it is still owed');
    }
  };
  worker.on('failed', (job, thrown) => {
    if (job === undefined) return; // It was removed while it ran: somebody else has settled it.
    const told = onFailed(job, thrown).finally(() => giveUps.delete(told));
    giveUps.add(told);
  });
  worker.on('stalled', (jobId) => log.warn({ job_id: jobId }, 'a worker died: what it had begun is done again'));
  // BullMQ goes on by itself; absences of Redis are logged by whoever opened the connection.
  worker.on('error', (err) => log.debug({ err }, 'the encode worker lost its connection'));

  const close = async (): Promise<void> => {
    const finished = worker.close();
    await Promise.race([Promise.all(jobs), sleep(closeMs)]);
    closing.abort(new SipreelError('draining', 'the encode worker is going down'));
    await pieces.close();
    // Killed ffmpegs end at once; only Redis can keep us waiting now, and what it isn't told it finds out by itself.
    await Promise.race([Promise.all([finished, ...giveUps]), sleep(goodbyeMs)]);
    await Promise.race([worker.disconnect(), sleep(breakOffMs)]);
    own.disconnect();
    await Promise.race([running, sleep(breakOffMs)]);
  };

  return {
    start() {
      running ??= worker.run().catch((err: unknown) => log.error({ err }, 'the encode worker has ended'));
    },
    close() {
      closed ??= close();
      return closed;
    },
  };
};
