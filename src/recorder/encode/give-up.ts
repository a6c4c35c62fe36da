import type { SipreelError } from '../../errors/error.ts';
import { channelsOf } from '../recording/parameters.ts';
import type { RecordingOutcome } from '../recording/record.ts';
import { spoolDir } from '../spool/layout.ts';
import { readSpool } from '../spool/read-spool.ts';
import { markSettled } from './marker.ts';
import type { EncodeParts } from './parts.ts';
import { settle } from './settle.ts';

/**
 * Ends a recording whose file could not be made: state error, with the reason. Its spool stays, marked, so that it can be
 * encoded once the reason is gone. Throws redis_away, spool_write_failed; may be repeated.
 */
export const giveUpRecording = async (
  parts: EncodeParts,
  recordingId: string,
  error: SipreelError,
  signal?: AbortSignal,
): Promise<void> => {
  const dir = spoolDir(parts.spoolRoot, recordingId);
  const spool = await readSpool(dir).catch(() => undefined); // Unreadable may be what went wrong: Redis knows the rest.
  const record = spool?.record ?? (await parts.registry.get(recordingId));
  const log = parts.log.child({ call_id: record?.call_id, recording_id: recordingId });
  if (record !== undefined) {
    const outcome: RecordingOutcome = {
      state: 'error',
      end_reason: 'error',
      end_time: record.start_time + (spool === undefined ? 0 : spool.stopMs / 1000),
      duration: 0,
      size: 0,
      channels: channelsOf(record),
      error: error.report(),
    };
    await settle({ ...parts, log }, { record, journal: spool?.entries }, outcome, signal);
  }
  await markSettled(dir, { state: 'error', at: new Date(parts.now()).toISOString(), code: error.code });
  log.error({ err: error, spool: dir }, 'the recording has no file: its spool is kept');
};
