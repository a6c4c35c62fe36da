import type { Logger } from '../../log.ts';
import { readJournal } from '../spool/journal-file.ts';
import { journalPath, spoolDir } from '../spool/layout.ts';
import type { EncodeParts } from './parts.ts';

/** The log of a job that knows no more than its recording: with the call that the spool, or else Redis, tells of. */
export const jobLog = async (
  { spoolRoot, registry, log }: Pick<EncodeParts, 'spoolRoot' | 'registry' | 'log'>,
  recordingId: string,
): Promise<Logger> => {
  const fromSpool = async () => {
    const { entries } = await readJournal(journalPath(spoolDir(spoolRoot, recordingId)));
    return entries.find((entry) => entry.event === 'opened')?.record;
  };
  // What is logged is worth more than whose it is: without an answer the line has the recording alone.
  const record = (await fromSpool().catch(() => undefined)) ?? (await registry.get(recordingId).catch(() => undefined));
  return log.child({ ...(record === undefined ? {} : { call_id: record.call_id }), recording_id: recordingId });
};
