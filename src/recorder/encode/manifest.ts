import { stat } from 'node:fs/promises';
import type { RecordCallParameters } from '../recording/parameters.ts';
import { type RecordingOutcome, type RecordingRecord, withoutUrls } from '../recording/record.ts';
import { trackNames, trackPath } from '../spool/layout.ts';
import type { SpoolContents } from '../spool/read-spool.ts';
import { sha256File } from '../storage/digests.ts';
import type { StoredFile } from '../storage/storage.ts';

/** What is noted beside a recording's file, so that it can be understood and checked without Redis and without us. */
export interface Manifest {
  readonly version: 1;
  /** What made it, such as `sipreel 0.1.0, node v20.19.0`. */
  readonly written_by: string;
  /** As the catalogue has it, without URLs: they expire, and may hold secrets. */
  readonly recording: Omit<RecordingRecord, 'url' | 'status_url'>;
  /** What record_call was told, with its defaults, where the journal has it. */
  readonly parameters?: Omit<RecordCallParameters, 'status_url'>;
  readonly sha256: string;
  /** The captured RTP that the file was made of. */
  readonly tracks: Readonly<Record<string, { readonly size: number; readonly sha256: string }>>;
}

/** Reads file and tracks once more: what is noted is what is on the disk. */
export const manifestOf = async (
  dir: string,
  spool: SpoolContents,
  outcome: RecordingOutcome,
  stored: StoredFile,
  writtenBy: string,
): Promise<Manifest> => {
  const tracks: Record<string, { size: number; sha256: string }> = {};
  for (const track of trackNames) {
    const path = trackPath(dir, track);
    if (!(await stat(path).catch(() => undefined))) continue; // A recording of one direction has one track.
    tracks[track] = await sha256File(path);
  }
  const opened = spool.entries.find((entry) => entry.event === 'opened');
  return {
    version: 1,
    written_by: writtenBy,
    recording: withoutUrls({ ...spool.record, ...outcome }),
    ...(opened?.parameters === undefined ? {} : { parameters: opened.parameters }),
    sha256: stored.sha256 ?? (await sha256File(stored.file)).sha256,
    tracks,
  };
};
