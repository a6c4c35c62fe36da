import { SipreelError } from '../../errors/error.ts';
import type { Logger } from '../../log.ts';
import type { LocalFiles } from '../control/local-files.ts';
import type { Mailbox } from '../control/mailbox.ts';
import type { EncodeQueue } from '../encode/queue.ts';
import type { Deletion, RecordingRecord } from '../recording/record.ts';
import { unknownRecording } from '../registry/record-steps.ts';
import type { Registry } from '../registry/registry.ts';
import { type Chores, type ChoresOptions, createChores } from './chores.ts';

/** Writes down that a recording is gone, and why. */
export type DeletionAudit = (action: string, facts: Readonly<Record<string, unknown>>) => void;

/** What createDeletions needs. */
export interface DeletionsOptions
  extends Pick<ChoresOptions, 'prefix' | 'commands' | 'blocking' | 'retryMs' | 'lockMs' | 'stalledMs'> {
  readonly registry: Pick<Registry, 'get' | 'doom' | 'delete' | 'doomed' | 'leaveAt' | 'leftAt' | 'cleared'>;
  readonly mailbox: Pick<Mailbox, 'handle' | 'ask'>;
  readonly files: Pick<LocalFiles, 'removeFiles'>;
  /** The queue of this node, in which a recording without a file may be left as failed. */
  readonly queue: Pick<EncodeQueue, 'remove'>;
  readonly nodeId: string;
  readonly audit: DeletionAudit;
  readonly log: Logger;
  /** Milliseconds that remove waits for the end of it. Default: 5,000. */
  readonly patienceMs?: number;
}

/** What a deletion has come to so far: `doomed` if it goes on as soon as a store is there again. */
export type DeletionResult = 'deleted' | 'doomed';

/**
 * Deletes recordings: the file in every store, its manifest, what was captured, and the entry in the catalogue last. It is
 * decided at once and cannot be taken back; the work is a job that is tried until all is gone, by whatever node.
 */
export interface Deletions {
  start(): void;
  /** Throws recording_unknown, recording_active, recording_held, redis_away. */
  remove(recordingId: string, deletion: Deletion): Promise<DeletionResult>;
  /** The same without waiting for anything but the decision. */
  doom(recordingId: string, deletion: Deletion): Promise<void>;
  /** Takes up what a crash has left between the decision and the job. Throws redis_away. */
  resume(): Promise<void>;
  /** Removes what this node still has of recordings that were deleted while it was gone. Throws redis_away, storage_failed. */
  clearLeft(): Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** How long a node may take for it, ms: a store that is slow. */
const removeWithinMs = 60_000;
const lookMs = 50;
const resumeAtMost = 1_000;

/** What the audit says of a recording: who it was, and nothing of what was said. */
const factsOf = (record: RecordingRecord): Readonly<Record<string, unknown>> => {
  const { recording_id, call_id, control_id, node_id, trunk, start_time, file, deleting } = record;
  return { ...{ recording_id, call_id, control_id, node_id, trunk, start_time, file }, ...deleting };
};

export const createDeletions = (options: DeletionsOptions): Deletions => {
  const { registry, mailbox, files, queue, nodeId, audit, log, patienceMs = 5_000 } = options;

  mailbox.handle('recording.removeFiles', async ({ recording_id }) => {
    const record = await registry.get(String(recording_id));
    if (record?.deleting === undefined) return;
    await queue.remove(record.recording_id);
    if (await files.removeFiles(record)) return;
    throw new SipreelError(
      'storage_failed',
      `${record.file} is in no store of node ${nodeId}: storage.stores has changed`,
      {
        details: { file: record.file, node_id: nodeId },
      },
    );
  });

  /** The node that made the file does it; of one that is gone, what can be reached, and it does the rest when it is back. */
  const removeFiles = async (record: RecordingRecord): Promise<'all' | 'reachable'> => {
    const { recording_id, node_id, file } = record;
    try {
      await mailbox.ask(node_id, 'recording.removeFiles', { recording_id }, { timeoutMs: removeWithinMs });
      return 'all';
    } catch (error) {
      if (!(error instanceof SipreelError) || error.code !== 'node_gone') throw error;
      await registry.leaveAt(node_id, { recording_id, file });
      await files.removeFiles(record);
      return 'reachable';
    }
  };

  const run = async (recordingId: string): Promise<void> => {
    const record = await registry.get(recordingId);
    // Done before, or a job that nobody has decided on.
    if (record?.deleting === undefined) return;
    const removed = await removeFiles(record);
    // The entry goes last: a crash before it has all of this done again, and a file that nobody knows of is never left.
    if (!(await registry.delete(recordingId))) return;
    const left = removed === 'all' ? {} : { left_at_node: record.node_id };
    audit('recording.deleted', { ...factsOf(record), ...left });
  };

  const chores: Chores = createChores({ ...options, queueName: 'deletions', run, log });

  const doom: Deletions['doom'] = async (recordingId, deletion) => {
    await registry.doom(recordingId, deletion);
    await chores.add(recordingId);
  };

  return {
    start: chores.start,
    doom,

    async remove(recordingId, deletion) {
      if ((await registry.get(recordingId)) === undefined) throw unknownRecording(recordingId);
      await doom(recordingId, deletion);
      for (const deadline = Date.now() + patienceMs; Date.now() < deadline; ) {
        if ((await registry.get(recordingId)) === undefined) return 'deleted';
        await new Promise((resolve) => setTimeout(resolve, lookMs));
      }
      return 'doomed';
    },

    async resume() {
      for (const recordingId of await registry.doomed(resumeAtMost)) await chores.add(recordingId);
    },

    async clearLeft() {
      for (const left of await registry.leftAt(nodeId)) {
        await files.removeFiles(left);
        await registry.cleared(nodeId, left.recording_id);
        audit('recording.cleared', { ...left, node_id: nodeId });
      }
    },

    close: chores.close,
  };
};
