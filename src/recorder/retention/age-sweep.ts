import { SipreelError } from '../../errors/error.ts';
import type { ErrorCode } from '../../errors/registry.ts';
import type { Logger } from '../../log.ts';
import { isTerminal } from '../recording/record.ts';
import type { Registry } from '../registry/registry.ts';
import { type Chores, type ChoresOptions, createChores } from './chores.ts';
import type { DeletionAudit, Deletions } from './deletion.ts';
import { isTooOld, type RetentionPolicy, type RetentionRule, rulesOf } from './policy.ts';

/** What createAgeSweep needs. */
export interface AgeSweepOptions
  extends Pick<ChoresOptions, 'prefix' | 'commands' | 'blocking' | 'lockMs' | 'stalledMs'> {
  readonly registry: Pick<Registry, 'aged' | 'get' | 'time'>;
  readonly deletions: Pick<Deletions, 'doom' | 'resume' | 'clearLeft'>;
  readonly policy: RetentionPolicy;
  readonly nodeId: string;
  readonly audit: DeletionAudit;
  readonly log: Logger;
  /** Milliseconds between two looks. Default: 600,000. */
  readonly intervalMs?: number;
  /** How many recordings one sweep gives up at most: the next one goes on. Default: 5,000. */
  readonly most?: number;
  /** Milliseconds since the epoch. Default: Date.now. */
  readonly now?: () => number;
}

/** Finds recordings that are too old and has them deleted; one node at a time does it for all. */
export interface AgeSweep {
  /** Looks at once, and at each interval. */
  start(): void;
  /** One sweep now, whoever else sweeps; resolves with how many recordings were given up. Throws redis_away. */
  sweep(): Promise<number>;
  /** Idempotent; waits for what runs. */
  close(): Promise<void>;
}

/** How many records are looked at at once. */
const batch = 200;
/** What may have become of a recording since it was listed. */
const noMatter: ReadonlySet<ErrorCode> = new Set(['recording_unknown', 'recording_active', 'recording_held']);

export const createAgeSweep = (options: AgeSweepOptions): AgeSweep => {
  const {
    registry,
    deletions,
    policy,
    nodeId,
    audit,
    log,
    intervalMs = 600_000,
    most = 5_000,
    now = Date.now,
  } = options;
  let timer: NodeJS.Timeout | undefined;
  let asking: Promise<void> = Promise.resolve();
  let closed = false;

  const giveUp = async (recordingId: string, untilS: number, nowS: number): Promise<boolean> => {
    const record = await registry.get(recordingId);
    if (record === undefined || !isTerminal(record.state) || !isTooOld(record, untilS)) return false;
    try {
      await deletions.doom(recordingId, { why: 'age', at: nowS, by: nodeId });
      const { call_id, trunk, end_time } = record;
      audit('recording.expired', { recording_id: recordingId, call_id, trunk, end_time, by: nodeId });
      return true;
    } catch (error) {
      if (error instanceof SipreelError && noMatter.has(error.code)) return false;
      throw error;
    }
  };

  const apply = async (rule: RetentionRule, nowMs: number, room: number): Promise<number> => {
    const { ageMs, ...which } = rule;
    const until = (nowMs - ageMs) / 1_000;
    let given = 0;
    for (let from: number | undefined = 0; from !== undefined && given < room && !closed; ) {
      const page = await registry.aged({ ...which, until, from, limit: Math.min(batch, room - given) });
      for (const id of page.ids) if (await giveUp(id, until, nowMs / 1_000)) given += 1;
      from = page.next;
    }
    return given;
  };

  const sweep = async (): Promise<number> => {
    await deletions.resume();
    // A clock that runs ahead must not make all recordings old: both have to say so.
    const nowMs = Math.min(now(), await registry.time());
    let given = 0;
    for (const rule of rulesOf(policy)) given += await apply(rule, nowMs, most - given);
    if (given > 0) log.info({ recordings: given }, 'recordings are old enough to be deleted');
    return given;
  };

  const chores: Chores = createChores({
    ...options,
    queueName: 'age-sweep',
    concurrency: 1,
    mostRetryMs: 60_000,
    run: async () => void (await sweep()),
  });

  const look = async (): Promise<void> => {
    try {
      // One sweep for all nodes, by the name of its job; what this node has is its own matter.
      await chores.add('all');
      await deletions.clearLeft();
    } catch (err) {
      log.debug({ err }, 'old recordings cannot be looked for now: it is tried again');
    }
    if (!closed) timer = setTimeout(again, intervalMs);
  };
  const again = (): void => {
    asking = look();
  };

  return {
    start() {
      if (timer !== undefined || closed) return;
      chores.start();
      again();
    },
    sweep,
    async close() {
      closed = true;
      clearTimeout(timer);
      await asking;
      clearTimeout(timer);
      await chores.close();
    },
  };
};
