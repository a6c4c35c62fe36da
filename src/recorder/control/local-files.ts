import { existsSync } from 'node:fs';
import type { RecordingRecord } from '../recording/record.ts';
import type { JournalEntry } from '../spool/journal.ts';
import { readJournal } from '../spool/journal-file.ts';
import { isRecordingId, journalPath, spoolDir } from '../spool/layout.ts';
import { removeSpool } from '../spool/spool.ts';
import type { Storage } from '../storage/storage.ts';

/** What this machine has of a recording. */
export interface LocalFiles {
  /** The journal of a recording whose spool is here; undefined if it is not. Throws spool_unreadable. */
  readJournal(recordingId: string): Promise<readonly JournalEntry[] | undefined>;
  /**
   * Removes the file of an ended recording and what is left of its spool; false if there was no file within reach. Throws
   * storage_failed, spool_write_failed.
   */
  removeFiles(record: RecordingRecord): Promise<boolean>;
}

export const createLocalFiles = (spoolRoot: string, storage: Pick<Storage, 'holds' | 'remove'>): LocalFiles => ({
  async readJournal(recordingId) {
    if (!isRecordingId(recordingId)) return undefined;
    const path = journalPath(spoolDir(spoolRoot, recordingId));
    return existsSync(path) ? (await readJournal(path)).entries : undefined;
  },
  async removeFiles({ recording_id, file }) {
    const removed = file !== undefined && storage.holds(file) && (await storage.remove(file));
    if (isRecordingId(recording_id)) await removeSpool(spoolDir(spoolRoot, recording_id));
    return removed;
  },
});
