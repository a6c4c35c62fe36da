import { randomUUID } from 'node:crypto';
import type { RecordingRecord } from '../../../src/recorder/recording/record.ts';

/** A record as a new recording has it. */
export const recordOf = (recording_id: string = randomUUID()): RecordingRecord => ({
  recording_id,
  call_id: 'call-1',
  control_id: 'control-1',
  node_id: 'node-1',
  state: 'recording',
  format: 'wav',
  direction: 'both',
  stereo: true,
  url: `http://127.0.0.1/${recording_id}.wav`,
  from: '+15550100',
  to: '+15550199',
  start_time: 1767225600.5,
});
