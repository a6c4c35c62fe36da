import type { RecordingRecord } from '../recording/record.ts';
import { type StorageName, storageName } from '../storage/names.ts';
import { formatKinds } from './formats.ts';
import type { EncodeParts } from './parts.ts';

/** The name of a recording's file in storage; all that it is made of is known when the recording starts. */
export const fileNameOf = (record: RecordingRecord, { namePattern }: Pick<EncodeParts, 'namePattern'>): StorageName => {
  const { recording_id, call_id, control_id, from, to, node_id, direction } = record;
  return (namePattern ?? storageName)({
    recordingId: recording_id,
    startTime: record.start_time,
    extension: formatKinds[record.format].extension,
    fields: { call_id, control_id, from, to, node_id, direction },
  });
};
