import { basename, join } from 'node:path';
import { SipreelError } from '../../errors/error.ts';
import type { TrackName } from '../recording/parameters.ts';

/** Both tracks that a spool may hold, left channel first. */
export const trackNames: readonly TrackName[] = ['speak', 'listen'];

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** True for what our own recording ids look like: a UUID in lower case, which is safe in a path. */
export const isRecordingId = (text: string): boolean => uuid.test(text);

/**
 * The directory of a recording's spool.
 * @throws SipreelError recording_id_invalid if the id is not one of ours: nothing else may become a part of a path.
 */
export const spoolDir = (root: string, recordingId: string): string => {
  if (!isRecordingId(recordingId)) throw invalidId(recordingId);
  return join(root, recordingId);
};

/**
 * The recording that a spool directory belongs to.
 * @throws SipreelError recording_id_invalid if the directory is not a spool's.
 */
export const recordingIdOf = (dir: string): string => {
  const recordingId = basename(dir);
  if (!isRecordingId(recordingId)) throw invalidId(recordingId);
  return recordingId;
};

/** The journal of a spool: JSON lines. */
export const journalPath = (dir: string): string => join(dir, 'journal.jsonl');

/** The packets of one direction: rtptools' rtpdump format. */
export const trackPath = (dir: string, track: TrackName): string => join(dir, `${track}.rtp`);

const invalidId = (recordingId: string): SipreelError =>
  new SipreelError('recording_id_invalid', `a recording id has to be a UUID, not ${JSON.stringify(recordingId)}`, {
    details: { recording_id: recordingId },
  });
