import { text } from 'node:stream/consumers';
import { SipreelError } from '../../errors/error.ts';
import { isTerminal, type RecordingOutcome, type RecordingRecord } from '../recording/record.ts';
import { noteOf } from '../storage/names.ts';
import type { Manifest } from './manifest.ts';
import { fileNameOf } from './name.ts';
import type { EncodeParts } from './parts.ts';

const isNotThere = (error: unknown): boolean => {
  const cause = error instanceof SipreelError ? error.cause : undefined;
  if (!(cause instanceof Error)) return false;
  return cause.name === 'NoSuchKey' || ('code' in cause && cause.code === 'ENOENT');
};

/**
 * How a recording ended that has no spool any more, by the manifest of its file: Redis has lost what it was told last, as after a
 * failover. Undefined if there is no such file. Throws storage_failed.
 */
export const findMade = async (
  parts: Pick<EncodeParts, 'storage' | 'namePattern'>,
  record: RecordingRecord,
): Promise<RecordingOutcome | undefined> => {
  const stored = await parts.storage.find(fileNameOf(record, parts));
  if (stored === undefined) return undefined;
  const note = await parts.storage
    .read(noteOf(stored.file))
    .then(text)
    .catch((error: unknown) => {
      if (isNotThere(error)) return undefined;
      throw error;
    });
  if (note === undefined) return undefined;
  const { state, end_reason, end_time, duration, channels, error } = (JSON.parse(note) as Manifest).recording;
  if (!isTerminal(state) || end_reason === undefined || end_time === undefined) return undefined;
  if (duration === undefined || channels === undefined) return undefined;
  const { file, size } = stored;
  return { state, end_reason, end_time, duration, size, channels, file, ...(error === undefined ? {} : { error }) };
};
