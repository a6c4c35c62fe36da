import { copyFile, link } from 'node:fs/promises';
import { SipreelError } from '../../errors/error.ts';
import type { Logger } from '../../log.ts';
import type { StorageName } from './names.ts';
import type { Storage } from './storage.ts';

/** The same bytes in a second place: a link where the disk is the same, else a copy. */
const twin = (file: string, other: string): Promise<void> => link(file, other).catch(() => copyFile(file, other));

/** Does it in both, also where one fails; throws the first failure then. */
const inBoth = async <T>(...works: readonly Promise<T>[]): Promise<T[]> => {
  const results = await Promise.allSettled(works);
  return results.map((result) => {
    if (result.status === 'fulfilled') return result.value;
    throw result.reason;
  });
};

/** Storage with another one that takes what the first can't: a file lies in the one that took it, as its location says. */
export const createBackedUpStorage = (first: Storage, second: Storage, log: Logger): Storage => {
  const at = (location: string): Storage => {
    const storage = [first, second].find((one) => one.holds(location));
    if (storage) return storage;
    throw new SipreelError('storage_failed', `${location} is in no storage of this configuration`, {
      details: { file: location },
    });
  };
  /** What the back-up is to take if the first can't; undefined if it can take nothing: the first needs no back-up. */
  const spareOf = async (scratchFile: string, name: StorageName): Promise<string | undefined> => {
    let spare: string | undefined;
    try {
      spare = await second.scratch(name);
      await twin(scratchFile, spare);
      return spare;
    } catch (err) {
      log.warn({ err }, 'the back-up takes nothing now');
      if (spare !== undefined) await second.discard(spare).catch(() => undefined); // It is away.
      return undefined;
    }
  };
  return {
    ...first,
    async put(scratchFile, name) {
      // First may have moved its file on before it fails.
      const spare = await spareOf(scratchFile, name);
      if (spare === undefined) return first.put(scratchFile, name);
      try {
        return await first.put(scratchFile, name).catch(async (err: unknown) => {
          log.warn({ err, instead: second.locate(name) }, 'storage failed: the back-up takes the recording');
          const stored = await second.put(spare, name);
          await first.abandon(name);
          return stored;
        });
      } finally {
        await second.discard(spare);
      }
    },
    async abandon(name) {
      await first.abandon(name);
      await second.abandon(name);
    },
    async find(name) {
      let isBackupThere = true;
      const found = await second.find(name).catch((err: unknown) => {
        // As long as the first answers, nobody needs it.
        log.warn({ err }, 'the back-up cannot be looked at');
        isBackupThere = false;
        return undefined;
      });
      if (found !== undefined) return found;
      const taken = await first.find(name).catch((err: unknown) => {
        if (!isBackupThere) throw err;
        // Made once more, put decides who takes it.
        log.warn({ err }, 'storage cannot be looked at: the file is made for the back-up');
        return undefined;
      });
      // A process that died while the first took it has left what was meant for the back-up.
      if (taken !== undefined && isBackupThere) await second.abandon(name);
      return taken;
    },
    holds: (location) => first.holds(location) || second.holds(location),
    nameOf: (location) => at(location).nameOf(location),
    read: async (location, range) => at(location).read(location, range),
    note: async (location, text) => at(location).note(location, text),
    async remove(location) {
      const name = at(location).nameOf(location);
      if (name === undefined) return at(location).remove(location);
      // A move from one to the other may have been broken off: both may have it.
      const were = await inBoth(...[first, second].map((one) => one.remove(one.locate(name))));
      return were.includes(true);
    },
  };
};
