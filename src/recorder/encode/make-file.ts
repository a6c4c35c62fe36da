import { existsSync } from 'node:fs';
import { spoolDir } from '../spool/layout.ts';
import type { SpoolContents } from '../spool/read-spool.ts';
import type { StorageName } from '../storage/names.ts';
import type { StoredFile } from '../storage/storage.ts';
import { beginFile, type FileWork } from './file-work.ts';
import type { EncodeParts } from './parts.ts';
import type { RenderPlan } from './plan.ts';
import { verifyFile } from './verify.ts';

/** The file that a spool becomes. */
export interface FilePlan {
  readonly spool: SpoolContents;
  readonly plan: RenderPlan;
  readonly name: StorageName;
  readonly signal: AbortSignal | undefined;
}

/** Someone else's run of this job may have put the file there; it counts only if it is what this run would make. */
export const findStored = async (
  parts: EncodeParts,
  { spool, plan, name, signal }: FilePlan,
): Promise<StoredFile | undefined> => {
  const { format } = spool.record;
  const stored = await parts.storage.find(name);
  if (stored === undefined || stored.sha256 !== undefined) return stored;
  try {
    await verifyFile({ file: stored.file, format, ...plan });
    return stored;
  } catch (err) {
    signal?.throwIfAborted();
    parts.log.warn({ err }, 'the file in storage is not what it should be: it is made again');
    return undefined;
  }
};

/** What was begun while the recording lasted, finished if it fits the spool, else the whole file made now. */
const wholeFile = async (parts: EncodeParts, { spool, plan, name, signal }: FilePlan): Promise<FileWork> => {
  const begun = await parts.pieces?.take(spool.record.recording_id);
  if (begun !== undefined) {
    try {
      const tracks = await begun.finish(spool, plan);
      parts.observer?.rendered(tracks);
      return begun;
    } catch (err) {
      await begun.discard();
      signal?.throwIfAborted();
      parts.log.warn({ err }, 'what was made of the recording while it lasted is of no use: the file is made now');
    }
  }
  const work = await beginFile(parts, spool, plan, name, signal);
  try {
    const tracks = await work.finish(spool, plan);
    parts.observer?.rendered(tracks);
    parts.log.debug({ tracks }, 'the file is encoded');
    return work;
  } catch (error) {
    await work.discard();
    throw error;
  }
};

/**
 * Makes and verifies the file beside its place, then puts it there; two runs at once put the same there twice.
 * Undefined if another run has ended meanwhile: then its file is there.
 */
export const makeFile = async (parts: EncodeParts, file: FilePlan): Promise<StoredFile | undefined> => {
  const { spool, plan, name } = file;
  const { record } = spool;
  const dir = spoolDir(parts.spoolRoot, record.recording_id);
  const work = await wholeFile(parts, file);
  try {
    await verifyFile({ file: work.file, format: record.format, ...plan });
    // A spool that was removed while it was read gave silence for what was gone: the run that removed it has put the whole
    // file there, and this one must not replace it. The directory goes in one step, so what is there now was there all along.
    if (!existsSync(dir)) return undefined;
    return await parts.storage.put(work.file, name);
  } finally {
    // After put there is nothing left to discard.
    await work.discard();
  }
};
