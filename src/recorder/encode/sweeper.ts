import type { Logger } from '../../log.ts';
import { readJournal } from '../spool/journal-file.ts';
import { journalPath } from '../spool/layout.ts';
import { type FoundSpool, listSpools } from '../spool/spool.ts';
import { isSettled } from './marker.ts';
import { isOwed } from './owed.ts';

/** What createEncodeSweeper needs. */
export interface EncodeSweeperOptions {
  readonly spoolRoot: string;
  readonly nodeId: string;
  readonly queue: { add(recordingId: string): Promise<void> };
  /** True while a living process captures the recording; it queues the recording itself. */
  readonly isOwned: (recordingId: string) => boolean;
  /** The recordings of this node that have not ended, as far as Redis knows; throws while it is away. Default: none. */
  readonly unended?: () => Promise<readonly string[]>;
  /** The other nodes with the same spools that are gone: their spools are taken over. Default: none. */
  readonly goneNodes?: () => Promise<ReadonlySet<string>>;
  readonly log: Logger;
  /** Milliseconds between sweeps. Default: 5,000. */
  readonly intervalMs?: number;
  /**
   * Milliseconds that a spool may be without owner and end before it counts as left by a dead process: one that starts is
   * not owned yet, one that stops is not owned any more. Default: 10,000.
   */
  readonly graceMs?: number;
  /** Milliseconds after which a queued recording is queued again, in case Redis lost it. Default: 60,000. */
  readonly againMs?: number;
  /** Milliseconds since the epoch. Default: Date.now. */
  readonly now?: () => number;
}

/** Finds recordings whose file is owed and queues them: an outage or a crash delays a recording and loses none. */
export interface EncodeSweeper {
  /** Sweeps at once and then at each interval. */
  start(): void;
  /** One sweep, now; resolves with the recordings that it queued. Never rejects. */
  sweep(): Promise<readonly string[]>;
  /** Idempotent; resolves when the last sweep is over. */
  close(): Promise<void>;
}

/** The sweeper of one node's spools. */
export const createEncodeSweeper = (options: EncodeSweeperOptions): EncodeSweeper => {
  const { spoolRoot, nodeId, queue, isOwned, log, intervalMs = 5_000, graceMs = 10_000 } = options;
  const { againMs = 60_000, now = Date.now } = options;
  /** When each spool was last seen owned, and when each was last queued, by recording. */
  const lastOwned = new Map<string, number>();
  const lastQueued = new Map<string, number>();
  /** Spools that cannot be read: said once. */
  const unreadable = new Set<string>();
  /** When Redis was asked what has not ended. */
  let lastAsked = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  let sweeping: Promise<readonly string[]> | undefined;
  let closed = false;

  const isDue = async ({ recordingId, dir }: FoundSpool, goneNodes: ReadonlySet<string>): Promise<boolean> => {
    if (isOwned(recordingId)) {
      lastOwned.set(recordingId, now());
      return false;
    }
    const queuedAt = lastQueued.get(recordingId);
    if (queuedAt !== undefined && now() - queuedAt < againMs) return false;
    try {
      if (await isSettled(dir)) return false;
      const { entries } = await readJournal(journalPath(dir));
      return isOwed(entries, { nodeId, goneNodes, nowMs: now(), graceMs, lastOwnedMs: lastOwned.get(recordingId) });
    } catch (err) {
      // It may have been removed meanwhile, or be too young to have a journal; if it stays so, somebody should look at it.
      if (!unreadable.has(recordingId)) log.debug({ recording_id: recordingId, err }, 'a spool cannot be read');
      unreadable.add(recordingId);
      return false;
    }
  };

  const forgetGone = (spools: readonly FoundSpool[]): void => {
    const there = new Set(spools.map(({ recordingId }) => recordingId));
    for (const known of [lastOwned, lastQueued, unreadable]) {
      for (const recordingId of known.keys()) if (!there.has(recordingId)) known.delete(recordingId);
    }
  };

  /** Queues a spool if it is due; false if that failed: what is owed stays owed, and the next sweep finds it. */
  const queueIfDue = async (spool: FoundSpool, goneNodes: ReadonlySet<string>, queued: string[]): Promise<boolean> => {
    const recording_id = spool.recordingId;
    if (!(await isDue(spool, goneNodes))) return true;
    try {
      await queue.add(recording_id);
    } catch (err) {
      log.debug({ recording_id, err }, 'an owed recording cannot be queued yet');
      return false;
    }
    lastQueued.set(recording_id, now());
    queued.push(recording_id);
    return true;
  };

  /** Queues recordings without a spool, as after a loss of the disk, or of what Redis was told last: their end is still to be told. */
  const queueLost = async (spools: readonly FoundSpool[], queued: string[]): Promise<void> => {
    if (options.unended === undefined || Math.abs(now() - lastAsked) < againMs) return;
    try {
      const unended = await options.unended();
      const there = new Set(spools.map(({ recordingId }) => recordingId));
      for (const recordingId of unended) {
        if (there.has(recordingId) || isOwned(recordingId)) continue;
        await queue.add(recordingId);
        queued.push(recordingId);
      }
      lastAsked = now();
    } catch (err) {
      log.debug({ err }, 'recordings without a spool cannot be looked for yet');
    }
  };

  const sweepOnce = async (): Promise<readonly string[]> => {
    const queued: string[] = [];
    let failures = 0;
    try {
      const spools = await listSpools(spoolRoot);
      const goneNodes = (await options.goneNodes?.()) ?? new Set<string>();
      forgetGone(spools);
      for (const spool of spools) {
        // One failure may be that recording's own; the second says that Redis is away, which each add waits to find out.
        if (closed || failures > 1) break;
        if (!(await queueIfDue(spool, goneNodes, queued))) failures++;
      }
      if (!closed) await queueLost(spools, queued);
    } catch (err) {
      log.error({ err }, 'the spools cannot be looked through');
    }
    if (queued.length > 0) log.info({ recordings: queued.length }, 'owed recordings were queued');
    return queued;
  };

  const sweep = (): Promise<readonly string[]> => {
    sweeping ??= sweepOnce().finally(() => {
      sweeping = undefined;
    });
    return sweeping;
  };

  const loop = (): void => {
    void sweep().finally(() => {
      if (!closed) timer = setTimeout(loop, intervalMs);
    });
  };

  return {
    start() {
      if (timer !== undefined || sweeping !== undefined || closed) return;
      loop();
    },
    sweep,
    async close() {
      closed = true;
      clearTimeout(timer);
      await sweeping;
    },
  };
};
