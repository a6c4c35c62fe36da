import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SipreelError } from '../../../errors/error.ts';

/** A file on the disk for as long as a prompt needs it, readable for us alone. */
export interface TempFile {
  readonly path: string;
  readonly handle: FileHandle;
}

/** Creates an empty file of our own in `folder`. @throws SipreelError prompt_file_failed */
export const createTempFile = async (folder: string): Promise<TempFile> => {
  const path = join(folder, `sipreel-prompt-${randomUUID()}`);
  try {
    return { path, handle: await open(path, 'wx+', 0o600) };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SipreelError('prompt_file_failed', `no file for a prompt: ${why}`, { cause, details: { path } });
  }
};

/** Closes and deletes it. */
export const removeTempFile = async ({ path, handle }: TempFile): Promise<void> => {
  try {
    await handle.close();
  } finally {
    await rm(path, { force: true });
  }
};
