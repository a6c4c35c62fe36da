import type { Redis } from 'ioredis';
import type { Logger } from '../../log.ts';
import { isTerminal, type RecordingRecord } from '../recording/record.ts';

/** Bounds of a wait for the end of a recording. */
export interface WaitOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds; for ever by default. */
  readonly timeoutMs?: number;
}

/** What createEndedWatch needs. */
export interface EndedWatchOptions {
  /** A connection of its own, in role subscriber. */
  readonly subscriber: Redis;
  readonly channel: string;
  readonly get: (recordingId: string) => Promise<RecordingRecord | undefined>;
  readonly log: Logger;
  /** Milliseconds between two looks at what is waited for; 1,000 by default. */
  readonly pollMs?: number;
}

/** Tells when recordings become terminal, on whatever node. */
export interface EndedWatch {
  start(): void;
  /** See Registry.whenEnded. */
  whenEnded(recordingId: string, options?: WaitOptions): Promise<RecordingRecord | undefined>;
  close(): void;
}

type Waiter = (record: RecordingRecord | undefined) => void;

/**
 * One subscription serves all waiters. A message can be lost, with the connection or before the subscription, so each
 * recording that somebody waits for is also looked at once at first and then each second.
 */
export const createEndedWatch = (options: EndedWatchOptions): EndedWatch => {
  const { subscriber, channel, get, log, pollMs = 1_000 } = options;
  const waiting = new Map<string, Set<Waiter>>();
  let poll: NodeJS.Timeout | undefined;
  let started = false;
  let closed = false;

  const release = (recordingId: string, record: RecordingRecord | undefined) => {
    for (const waiter of [...(waiting.get(recordingId) ?? [])]) waiter(record);
  };

  const look = async (recordingId: string) => {
    const record = await get(recordingId);
    if (record === undefined || isTerminal(record.state)) release(recordingId, record);
  };

  const lookAgain = (recordingId: string) => {
    // While Redis is away the next look, a second later, is the recovery.
    look(recordingId).catch((err: unknown) =>
      log.debug({ recording_id: recordingId, err }, 'look at recording failed'),
    );
  };

  const onMessage = (from: string, recordingId: string) => {
    if (from === channel && waiting.has(recordingId)) lookAgain(recordingId);
  };

  const add = (recordingId: string, waiter: Waiter) => {
    const waiters = waiting.get(recordingId) ?? new Set();
    waiting.set(recordingId, waiters.add(waiter));
    poll ??= setInterval(() => [...waiting.keys()].forEach(lookAgain), pollMs);
  };

  const remove = (recordingId: string, waiter: Waiter) => {
    const waiters = waiting.get(recordingId);
    waiters?.delete(waiter);
    if (waiters?.size === 0) waiting.delete(recordingId);
    if (waiting.size > 0) return;
    clearInterval(poll);
    poll = undefined;
  };

  return {
    start() {
      if (started || closed) return;
      started = true;
      subscriber.on('message', onMessage);
      // Without the subscription waiters learn by the poll; it is made as soon as Redis is there.
      subscriber.subscribe(channel).catch((err: unknown) => {
        if (!closed) log.warn({ err, channel }, 'subscription failed: ends of recordings are polled for');
      });
    },

    whenEnded(recordingId, { signal, timeoutMs } = {}) {
      if (closed) return Promise.resolve(undefined);
      return new Promise((resolve, reject) => {
        if (signal?.aborted === true) return reject(signal.reason);
        const timer = timeoutMs === undefined ? undefined : setTimeout(() => settle(undefined), timeoutMs);
        const leave = () => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', abort);
          remove(recordingId, settle);
        };
        const settle = (record: RecordingRecord | undefined) => {
          leave();
          resolve(record);
        };
        const fail = (error: unknown) => {
          leave();
          reject(error);
        };
        const abort = () => fail(signal?.reason);
        signal?.addEventListener('abort', abort, { once: true });
        add(recordingId, settle);
        look(recordingId).catch(fail);
      });
    },

    close() {
      if (closed) return;
      closed = true;
      for (const recordingId of [...waiting.keys()]) release(recordingId, undefined);
      if (!started) return;
      subscriber.removeListener('message', onMessage);
      // Not awaited: while Redis is away it waits with the connection, which ends soon and the subscription with it.
      subscriber.unsubscribe(channel).catch((err: unknown) => log.debug({ err, channel }, 'unsubscribe failed'));
    },
  };
};
