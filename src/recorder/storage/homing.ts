import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { SipreelError } from '../../errors/error.ts';
import { sha256File } from './digests.ts';
import { noteOf } from './names.ts';
import type { Storage, StoredFile } from './storage.ts';

/** Files that a back-up took, on their way to where they belong. Each method throws storage_failed. */
export interface Homing {
  /** True for a location in a back-up. */
  isAway(location: string): boolean;
  /**
   * Copies a file and its manifest to the first store, where its bytes are compared with those of the back-up and with the
   * manifest's SHA-256; the back-up keeps its copy.
   */
  copyHome(location: string): Promise<StoredFile>;
  /** Removes what the back-up still has of a file whose location is in the first store. */
  dropAway(location: string): Promise<void>;
  /** Removes a file from the first store that has become nobody's. */
  discardHome(location: string): Promise<void>;
}

const failed = (location: string, why: string): SipreelError =>
  new SipreelError('storage_failed', `${location} can't be moved: ${why}`, { details: { file: location } });

/** The bytes of a file into another one; gives their SHA-256. */
const copy = async (from: Storage, location: string, to: string): Promise<string> => {
  const hash = createHash('sha256');
  const hashed = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  };
  await pipeline(await from.read(location), hashed, createWriteStream(to, { mode: 0o640 }));
  return hash.digest('hex');
};

/** What the manifest says that the file has. */
const notedSha = (manifest: string): string | undefined => {
  const { sha256 } = JSON.parse(manifest) as { readonly sha256?: unknown };
  return typeof sha256 === 'string' ? sha256 : undefined;
};

/** Between the first store and its back-up, which may have back-ups of its own. */
export const createHoming = (first: Storage, second: Storage): Homing => ({
  isAway: (location) => !first.holds(location) && second.holds(location),

  async copyHome(location) {
    const name = second.nameOf(location);
    if (name === undefined) throw failed(location, 'it is in no folder of the back-up as it is configured now');
    const manifest = await text(await second.read(noteOf(location)));
    const scratch = await first.scratch(name);
    try {
      const sha256 = await copy(second, location, scratch).catch((error: unknown) => {
        throw failed(location, error instanceof Error ? error.message : String(error));
      });
      const noted = notedSha(manifest);
      if (sha256 !== noted) throw failed(location, `its SHA-256 is ${sha256}, and its manifest says ${noted}`);
      const stored = await first.put(scratch, name).catch(async (error: unknown) => {
        await first.abandon(name);
        throw error;
      });
      const there = stored.sha256 ?? (await sha256File(stored.file)).sha256;
      if (there !== sha256) throw failed(location, `${stored.file} has the SHA-256 ${there} and not ${sha256}`);
      await first.note(
        stored.file,
        manifest.replaceAll(JSON.stringify(location), () => JSON.stringify(stored.file)),
      );
      return stored;
    } finally {
      await first.discard(scratch);
    }
  },

  async dropAway(location) {
    const name = first.nameOf(location);
    if (name !== undefined) await second.remove(second.locate(name));
  },

  async discardHome(location) {
    await first.remove(location);
  },
});
