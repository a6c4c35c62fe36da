import type { Logger } from '../../log.ts';
import { nodeQueueName } from '../encode/queue.ts';
import type { RecordingRecord } from '../recording/record.ts';
import type { Registry } from '../registry/registry.ts';
import type { Homing } from '../storage/homing.ts';
import { type Chores, type ChoresOptions, createChores } from './chores.ts';

/** What createBringHome needs. */
export interface BringHomeOptions
  extends Pick<ChoresOptions, 'prefix' | 'commands' | 'blocking' | 'retryMs' | 'lockMs' | 'stalledMs'> {
  /** A node, or the nodes that share a disk: the back-up may be that disk. */
  readonly queue: string;
  readonly registry: Pick<Registry, 'get' | 'moved'>;
  readonly homing: Homing;
  readonly log: Logger;
}

/** Moves files that a back-up took to the first store as soon as that takes them. */
export interface BringHome {
  /** The file of this recording lies in a back-up: it is moved some time. Throws redis_away. */
  owe(recordingId: string): Promise<void>;
  start(): void;
  /** Idempotent; waits for what runs. */
  close(): Promise<void>;
}

export const createBringHome = (options: BringHomeOptions): BringHome => {
  const { registry, homing, log } = options;

  const move = async ({ call_id, recording_id }: RecordingRecord, from: string): Promise<void> => {
    const { file } = await homing.copyHome(from);
    if (await registry.moved(recording_id, file)) {
      await homing.dropAway(file);
      log.info(
        { call_id, recording_id, was: from, file },
        'a recording was moved from the back-up to where it belongs',
      );
    } else await homing.discardHome(file);
  };

  const run = async (recordingId: string): Promise<void> => {
    const record = await registry.get(recordingId);
    if (record?.file === undefined || record.deleting !== undefined) return;
    if (homing.isAway(record.file)) return move(record, record.file);
    // A move that broke off after it was told has left the back-up's copy there.
    await homing.dropAway(record.file);
  };

  const chores: Chores = createChores({
    ...options,
    queueName: nodeQueueName('home', options.queue),
    concurrency: 1,
    run,
  });
  return { owe: chores.add, start: chores.start, close: chores.close };
};
