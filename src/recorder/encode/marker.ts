import { access, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SipreelError } from '../../errors/error.ts';
import type { TerminalState } from '../recording/record.ts';

/** Says that a spool is kept although nothing is owed of it any more: it failed for good, or all spools are to be kept. */
export interface SettledMarker {
  readonly state: TerminalState;
  /** ISO 8601. */
  readonly at: string;
  /** The file in storage, if there is one. */
  readonly file?: string;
  /** The code of the error that it ended with. */
  readonly code?: string;
}

const markerPath = (dir: string): string => join(dir, 'settled.json');

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';

/** Marks a spool as settled, durably; marking it again overwrites. Throws spool_write_failed. */
export const markSettled = async (dir: string, marker: SettledMarker): Promise<void> => {
  const path = markerPath(dir);
  try {
    const file = await open(path, 'w', 0o640);
    try {
      await file.writeFile(`${JSON.stringify(marker)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (cause) {
    // A spool that is gone owes nothing, marked or not.
    if (isMissing(cause)) return;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SipreelError('spool_write_failed', `${path}: ${reason}`, { cause, details: { path } });
  }
};

/** True if the spool is kept for people only. */
export const isSettled = async (dir: string): Promise<boolean> => {
  try {
    await access(markerPath(dir));
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
};

/** Makes a spool owed again, so that the sweeper has it encoded. */
export const unmarkSettled = (dir: string): Promise<void> => rm(markerPath(dir), { force: true });
