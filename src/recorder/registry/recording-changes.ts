import type { Hold, MendedOutcome, RecordingOutcome, RecordingRecord } from '../recording/record.ts';
import type { Ending, PauseFacts } from './stored-record.ts';

/** How a recording changed; the names of the events in the stream. */
export type RecordingChangeName =
  | 'recording.started'
  | 'recording.paused'
  | 'recording.resumed'
  | 'recording.finishing'
  | 'recording.ended'
  /** Its file was made after it had ended without one. */
  | 'recording.mended'
  /** It never had sound, so it was taken back. */
  | 'recording.forgotten'
  | 'recording.held'
  | 'recording.released'
  | 'recording.deleted';

/** What an event of a recording says of it: its names and what is new. URLs and paths are not for all who listen. */
export type RecordingChangeData = Readonly<Record<string, unknown>> & {
  readonly recording_id: string;
  readonly call_id: string;
  readonly control_id: string;
  readonly node_id: string;
};

const namesOf = ({ recording_id, call_id, control_id, node_id }: RecordingRecord): RecordingChangeData => ({
  recording_id,
  call_id,
  control_id,
  node_id,
});

/** The data of recording.started. */
export const startedData = (record: RecordingRecord): RecordingChangeData => {
  const { state, format, direction, stereo, from, to, trunk, start_time } = record;
  return {
    ...namesOf(record),
    ...{ state, format, direction, stereo, from, to, start_time },
    ...(trunk === undefined ? {} : { trunk }),
  };
};

/** The data of recording.paused and recording.resumed. */
export const turnData = (
  record: RecordingRecord,
  state: 'paused' | 'recording',
  pause: PauseFacts | undefined,
): RecordingChangeData => ({ ...namesOf(record), state, ...pause });

/** The data of recording.finishing. */
export const finishingData = (record: RecordingRecord, { end_reason, end_time }: Ending): RecordingChangeData => ({
  ...namesOf(record),
  ...{ state: 'finishing', end_reason, end_time },
});

/** The data of recording.ended. */
export const endedData = (record: RecordingRecord, outcome: RecordingOutcome): RecordingChangeData => {
  const { state, end_reason, end_time, duration, size, channels, error } = outcome;
  return {
    ...namesOf(record),
    ...{ state, end_reason, end_time, duration, size, channels },
    ...(error === undefined ? {} : { error }),
  };
};

/** The data of recording.mended. */
export const mendedData = (record: RecordingRecord, outcome: MendedOutcome): RecordingChangeData => {
  const { end_reason, end_time, duration, size, channels, mended_at } = outcome;
  return { ...namesOf(record), state: record.state, end_reason, end_time, duration, size, channels, mended_at };
};

/** The data of recording.held. */
export const heldData = (record: RecordingRecord, { reason }: Hold): RecordingChangeData => ({
  ...namesOf(record),
  reason,
});

/** The data of recording.forgotten, recording.released and recording.deleted. */
export const goneData = namesOf;
