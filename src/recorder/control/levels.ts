import type { Levels } from '../capture/level-meter.ts';
import type { Recorder } from '../recorder.ts';
import type { Registry } from '../registry/registry.ts';
import type { Mailbox } from './mailbox.ts';

export type { Levels } from '../capture/level-meter.ts';

/** recording id -> how loud its directions are. */
export type LevelsById = Readonly<Record<string, Levels>>;

/** How loud the recordings in progress of all nodes are. */
export interface LevelReader {
  /** Nodes that do not answer are left out. Throws redis_away, redis_refused. */
  read(): Promise<LevelsById>;
}

export interface LevelReaderParts {
  readonly registry: Pick<Registry, 'nodes'>;
  readonly mailbox: Pick<Mailbox, 'handle' | 'ask'>;
  readonly recorder: Pick<Recorder, 'active'>;
}

/** A meter that is late is of no use. */
const withinMs = 1_000;

/** Nothing is measured, nor asked for, unless somebody reads. */
export const createLevelReader = ({ registry, mailbox, recorder }: LevelReaderParts): LevelReader => {
  mailbox.handle('recording.levels', async () =>
    Object.fromEntries(recorder.active().map((recording) => [recording.id, recording.levels()])),
  );
  return {
    async read() {
      const alive = (await registry.nodes()).filter((node) => node.alive);
      const read = await Promise.all(
        alive.map(({ node_id }) =>
          // Its meters stand still until it answers again.
          mailbox.ask(node_id, 'recording.levels', {}, { timeoutMs: withinMs }).catch(() => ({})),
        ),
      );
      return Object.assign({}, ...read) as LevelsById;
    },
  };
};
