import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../../log.ts';
import type { Registry } from './registry.ts';

/** How long the end of a node waits for files, ms: what is not made by then is made at the next start. */
const filesWithinMs = 60_000;

/** The recordings of a node that have not ended. Throws redis_away, redis_refused. */
export const unendedOf = async (registry: Pick<Registry, 'active'>, nodeId: string): Promise<readonly string[]> =>
  (await registry.active(nodeId)).map(({ recording_id }) => recording_id);

/** Resolves when no recording of this node waits for its file, or it takes too long, or Redis cannot tell. */
export const filesMade = async (registry: Pick<Registry, 'active'>, nodeId: string, log: Logger): Promise<void> => {
  const deadline = Date.now() + filesWithinMs;
  try {
    for (;;) {
      const waiting = await registry.active(nodeId);
      if (waiting.length === 0) return;
      if (Date.now() > deadline) throw new Error(`${waiting.length} recordings still wait for their files`);
      await sleep(50);
    }
  } catch (err) {
    log.warn({ err }, 'not all files are made: their sound is in the spool, and they are made at the next start');
  }
};
