import { existsSync } from 'node:fs';
import { spoolDir } from '../spool/layout.ts';
import type { SpoolContents } from '../spool/read-spool.ts';
import type { StorageName } from '../storage/names.ts';
import type { StoredFile } from '../storage/storage.ts';
import { encodeFile } from './encode.ts';
import type { FfmpegBinaries } from './ffmpeg-binary.ts';
import type { EncodeParts } from './parts.ts';
import type { RenderPlan } from './plan.ts';
import { renderSpool } from './render.ts';
import { verifyFile } from './verify.ts';

/** The file that a spool becomes. */
export interface FilePlan {
  readonly spool: SpoolContents;
  readonly plan: RenderPlan;
  readonly name: StorageName;
  readonly binaries: () => Promise<FfmpegBinaries>;
  readonly signal: AbortSignal | undefined;
}

/** Someone else's run of this job may have put the file there; it counts only if it is what this run would make. */
export const findStored = async (
  parts: EncodeParts,
  { spool, plan, name, binaries, signal }: FilePlan,
): Promise<StoredFile | undefined> => {
  const { format } = spool.record;
  const stored = await parts.storage.find(name);
  if (stored === undefined || stored.sha256 !== undefined) return stored;
  try {
    await verifyFile({ file: stored.file, format, ...plan }, binaries, signal);
    return stored;
  } catch (err) {
    signal?.throwIfAborted();
    parts.log.warn({ err }, 'the file in storage is not what it should be: it is made again');
    return undefined;
  }
};

/**
 * Renders, encodes and verifies beside the file's place, then puts it there; two runs at once put the same there twice.
 * Undefined if another run has ended meanwhile: then its file is there.
 */
export const makeFile = async (
  parts: EncodeParts,
  { spool, plan, name, binaries, signal }: FilePlan,
): Promise<StoredFile | undefined> => {
  const { record } = spool;
  const { format } = record;
  const dir = spoolDir(parts.spoolRoot, record.recording_id);
  const file = await parts.storage.scratch(name);
  try {
    const { pcm, reports } = renderSpool(dir, spool, plan);
    const metadata = {
      recordingId: record.recording_id,
      callId: record.call_id,
      controlId: record.control_id,
      from: record.from,
      to: record.to,
      startTime: record.start_time,
    };
    const { shape } = plan;
    const { bitRates, stallMs } = parts;
    await encodeFile(
      { file, format, shape, metadata, pcm, expected: plan.frames, bitRates, stallMs, signal },
      binaries,
    );
    await verifyFile({ file, format, ...plan }, binaries, signal);
    parts.log.debug({ tracks: reports }, 'the file is verified');
    // A spool that was removed while it was read gave silence for what was gone: the run that removed it has put the whole
    // file there, and this one must not replace it. The directory goes in one step, so what is there now was there all along.
    if (!existsSync(dir)) return undefined;
    return await parts.storage.put(file, name);
  } finally {
    // After put there is nothing left to discard.
    await parts.storage.discard(file);
  }
};
