import { close, constants, ftruncate, open } from 'node:fs';
import { promisify } from 'node:util';
import { SipreelError } from '../../errors/error.ts';
import type { TrackName } from '../recording/parameters.ts';
import { trackPath } from '../spool/layout.ts';
import { readTrackBatches } from '../spool/read-track.ts';

export interface TrackFile {
  readonly track: TrackName;
  readonly fd: number;
  /** Where the next byte goes; 0 if the file has no header yet. */
  readonly position: number;
}

/**
 * Opens a track to write to it. One that exists is continued after its last complete record: that is how a recording
 * goes on after the thread that captured it died.
 * @throws SipreelError spool_open_failed, spool_unreadable
 */
export const openTrackFile = async (dir: string, track: TrackName): Promise<TrackFile> => {
  const path = trackPath(dir, track);
  let position = 0;
  for await (const batch of readTrackBatches(dir, track)) position = batch.nextByte;
  const failed = (cause: unknown): SipreelError =>
    new SipreelError('spool_open_failed', `${path}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
      details: { path },
    });
  const fd = await promisify(open)(path, constants.O_WRONLY | constants.O_CREAT, 0o640).catch((error: unknown) => {
    throw failed(error);
  });
  try {
    await promisify(ftruncate)(fd, position);
  } catch (error) {
    await promisify(close)(fd);
    throw failed(error);
  }
  return { track, fd, position };
};

/**
 * Opens all tracks of a recording, or none.
 * @throws SipreelError spool_open_failed, spool_unreadable
 */
export const openTrackFiles = async (dir: string, tracks: readonly TrackName[]): Promise<readonly TrackFile[]> => {
  const files: TrackFile[] = [];
  try {
    for (const name of tracks) files.push(await openTrackFile(dir, name));
    return files;
  } catch (error) {
    closeTrackFiles(files);
    throw error;
  }
};

/** Closes files that nothing was written to. */
export const closeTrackFiles = (files: readonly TrackFile[]): void => {
  // The recording fails with a better error than one of closing.
  for (const { fd } of files) close(fd, () => undefined);
};
