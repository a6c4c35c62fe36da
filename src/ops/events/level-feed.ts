import type { Logger } from '../../log.ts';
import type { LevelReader, LevelsById } from '../../recorder/control/levels.ts';

/** Tells how loud recordings are, as long as somebody listens. */
export interface LevelFeed {
  /** What has changed, some times a second, until what it gives back is called. The listener must not throw. */
  listen(listener: (levels: LevelsById) => void): () => void;
  /** Idempotent; resolves when nothing of it runs any more. */
  close(): Promise<void>;
}

/** Milliseconds between two looks: a meter that moves. */
const everyMs = 250;
/** While they cannot be read, ms. */
const restMs = 2_000;

/** The recordings whose levels are others than before. */
export const changedLevels = (before: LevelsById, now: LevelsById): LevelsById =>
  Object.fromEntries(
    Object.entries(now).filter(
      ([id, { speak, listen }]) => before[id]?.speak !== speak || before[id]?.listen !== listen,
    ),
  );

/** One look serves all who listen. */
export const createLevelFeed = ({ reader, log }: { readonly reader: LevelReader; readonly log: Logger }): LevelFeed => {
  const listeners = new Set<(levels: LevelsById) => void>();
  let looking: Promise<void> | undefined;
  let before: LevelsById = {};
  let wake = (): void => undefined;

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const look = async (): Promise<void> => {
    while (listeners.size > 0) {
      let rest = everyMs;
      try {
        const now = await reader.read();
        const changed = changedLevels(before, now);
        before = now;
        if (Object.keys(changed).length > 0) for (const tell of [...listeners]) tell(changed);
      } catch (err) {
        log.debug({ err }, 'levels cannot be read now');
        rest = restMs;
      }
      if (listeners.size > 0) await pause(rest);
    }
    looking = undefined;
  };

  return {
    listen(listener) {
      const tell = (levels: LevelsById): void => listener(levels);
      if (listeners.size > 0 && Object.keys(before).length > 0) tell(before);
      else before = {};
      listeners.add(tell);
      looking ??= look();
      return () => {
        listeners.delete(tell);
        if (listeners.size === 0) wake();
      };
    },
    async close() {
      listeners.clear();
      wake();
      await looking;
    },
  };
};
