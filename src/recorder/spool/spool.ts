import type { Dirent } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SipreelError } from '../../errors/error.ts';
import type { RecordCallParameters } from '../recording/parameters.ts';
import type { RecordingRecord } from '../recording/record.ts';
import { type Journal, openJournal } from './journal-file.ts';
import { isRecordingId, journalPath, recordingIdOf, spoolDir } from './layout.ts';

/** The directory of one recording while it lasts, with the clock that all its times are on. */
export interface Spool {
  readonly recordingId: string;
  readonly dir: string;
  /** process.hrtime.bigint() at time 0; every thread and process of the machine has this clock. */
  readonly epoch: bigint;
  readonly journal: Journal;
  /** Milliseconds (with fractions) since the spool was opened. */
  now(): number;
}

/** A spool as somebody else left it: no clock, for the one it had may have ended with the machine's boot. */
export interface FoundSpool {
  readonly recordingId: string;
  readonly dir: string;
}

/**
 * Makes the spool of a new recording. When it resolves, the directory and the journal's `opened` line are on the disk,
 * so that no sound is ever without its record.
 * @throws SipreelError recording_id_invalid, spool_open_failed, spool_write_failed
 */
export const createSpool = async (
  root: string,
  record: RecordingRecord,
  parameters?: Omit<RecordCallParameters, 'status_url'>,
): Promise<Spool> => {
  const dir = spoolDir(root, record.recording_id);
  await mkdir(root, { recursive: true, mode: 0o750 })
    .then(() => mkdir(dir, { mode: 0o750 }))
    .catch((error: unknown) => {
      throw openFailed(dir, error);
    });
  try {
    const journal = await openJournal(journalPath(dir));
    const epoch = process.hrtime.bigint();
    try {
      const given = parameters === undefined ? {} : { parameters };
      await journal.append({ event: 'opened', t: 0, at: new Date().toISOString(), record, ...given });
      await journal.sync();
    } catch (error) {
      await journal.close().catch(() => undefined); // The first error says it all.
      throw error;
    }
    const now = (): number => Number(process.hrtime.bigint() - epoch) / 1e6;
    return { recordingId: record.recording_id, dir, epoch, journal, now };
  } catch (error) {
    // Nothing was captured: nobody is to find it and take it for a recording that was cut off.
    await removeSpool(dir).catch(() => undefined);
    throw error;
  }
};

/**
 * Opens the journal of a spool that another process began, to say how it ended.
 * @throws SipreelError recording_id_invalid, spool_open_failed
 */
export const openSpool = async (dir: string): Promise<FoundSpool & { readonly journal: Journal }> => {
  const recordingId = recordingIdOf(dir);
  return { recordingId, dir, journal: await openJournal(journalPath(dir)) };
};

/**
 * All spools under a root, whoever owns them; none if the root does not exist yet.
 * @throws SipreelError spool_unreadable
 */
export const listSpools = async (root: string): Promise<readonly FoundSpool[]> =>
  (await entriesOf(root))
    .filter((entry) => entry.isDirectory() && isRecordingId(entry.name))
    .map((entry) => ({ recordingId: entry.name, dir: join(root, entry.name) }));

const removedSuffix = '.removed';

/**
 * Removes a spool in one step as far as listSpools is concerned: a crash in the middle cannot leave a half of one that
 * would be encoded again. Removing what is not there succeeds.
 * @throws SipreelError recording_id_invalid, spool_write_failed
 */
export const removeSpool = async (dir: string): Promise<void> => {
  recordingIdOf(dir);
  const doomed = `${dir}${removedSuffix}`;
  await rename(dir, doomed).catch((error: unknown) => {
    if (!hasCode(error, 'ENOENT')) throw removeFailed(dir, error);
  });
  await remove(doomed);
};

/**
 * Deletes what a crash in the middle of removeSpool left behind; for the start of a process.
 * @throws SipreelError spool_unreadable, spool_write_failed
 */
export const sweepRemovedSpools = async (root: string): Promise<void> => {
  for (const { name } of await entriesOf(root)) {
    if (name.endsWith(removedSuffix) && isRecordingId(name.slice(0, -removedSuffix.length))) {
      await remove(join(root, name));
    }
  }
};

const remove = (path: string): Promise<void> =>
  rm(path, { recursive: true, force: true }).catch((error: unknown) => {
    throw removeFailed(path, error);
  });

const entriesOf = async (root: string): Promise<readonly Dirent[]> => {
  try {
    return await readdir(root, { withFileTypes: true });
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw new SipreelError('spool_unreadable', `${root}: ${reasonOf(error)}`, {
      cause: error,
      details: { path: root },
    });
  }
};

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const openFailed = (path: string, cause: unknown): SipreelError =>
  new SipreelError('spool_open_failed', `${path}: ${reasonOf(cause)}`, { cause, details: { path } });

const removeFailed = (path: string, cause: unknown): SipreelError =>
  new SipreelError('spool_write_failed', `${path} cannot be removed: ${reasonOf(cause)}`, { cause, details: { path } });
