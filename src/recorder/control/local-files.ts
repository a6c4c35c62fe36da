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
   * Removes the file of an ended recording, its manifest, all copies of them, and what is left of its spool; false if the
   * file is in no store of this node. Throws storage_failed, spool_write_failed.
   */
  removeFiles(record: Pick<RecordingRecord, 'recording_id'> & { readonly file?: string | undefined }): Promise<boolean>;
}

export const createLocalFiles = (spoolRoot: string, storage: Pick<Storage, 'holds' | 'remove'>): LocalFiles => ({
  async readJournal(recordingId) {
    if (!isRecordingId(recordingId)) return undefined;
    const path = journalPath(spoolDir(spoolRoot, recordingId));
    return existsSync(path) ? (await readJournal(path)).entries : undefined;
  },
  async removeFiles({ recording_id, file }) {
    // The spool first: what is made of it anew would have to be removed again.
    if (isRecordingId(recording_id)) await removeSpool(spoolDir(spoolRoot, recording_id));
    if (file === undefined) return true;
    if (!storage.holds(file)) return false;
    await storage.remove(file);
    return true;
  },
});
