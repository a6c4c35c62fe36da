import { existsSync } from 'node:fs';
import { SipreelError } from '../../errors/error.ts';
import type { Logger } from '../../log.ts';
import { isTerminal, type RecordingOutcome } from '../recording/record.ts';
import { terminalStateOf } from '../recording/state.ts';
import { spoolDir } from '../spool/layout.ts';
import { readSpool, type SpoolContents } from '../spool/read-spool.ts';
import { removeSpool } from '../spool/spool.ts';
import type { StoredFile } from '../storage/storage.ts';
import { findMade } from './find-made.ts';
import { type FilePlan, findStored, makeFile } from './make-file.ts';
import { manifestOf } from './manifest.ts';
import { markSettled } from './marker.ts';
import { fileNameOf } from './name.ts';
import type { EncodeParts } from './parts.ts';
import { planRender, type RenderPlan } from './plan.ts';
import { settle } from './settle.ts';
import { heldRate } from './sound-rate.ts';
import { soundReportOf } from './sound-report.ts';

/** How a job ended: `gone` if another run of it had done everything before. */
export type EncodeResult = 'stored' | 'gone';

const isMissing = (error: unknown): boolean =>
  error instanceof SipreelError &&
  error.cause instanceof Error &&
  'code' in error.cause &&
  error.cause.code === 'ENOENT';

/** The spool, or undefined if it is gone because its recording has a file. Throws spool_missing, spool_unreadable, storage_failed. */
const openSpool = async (
  parts: EncodeParts,
  recordingId: string,
  signal: AbortSignal | undefined,
): Promise<SpoolContents | undefined> => {
  const dir = spoolDir(parts.spoolRoot, recordingId);
  try {
    return await readSpool(dir);
  } catch (error) {
    if (!isMissing(error)) throw error;
    const record = await parts.registry.get(recordingId);
    if (record !== undefined && isTerminal(record.state)) return undefined;
    const made = record && (await findMade(parts, record));
    if (record === undefined || made === undefined) {
      throw new SipreelError('spool_missing', `${dir} is gone and the recording has no file yet`, { cause: error });
    }
    parts.log.warn(
      { recording_id: recordingId, file: made.file },
      'Redis has lost the end of a recording: it is told again',
    );
    await settle(parts, { record }, made, signal);
    return undefined;
  }
};

/** What the file says of the recording's end. */
const outcomeOf = (spool: SpoolContents, plan: RenderPlan, stored: StoredFile): RecordingOutcome => {
  const reason = spool.reason ?? 'error';
  const state = terminalStateOf(reason);
  const interrupted = new SipreelError(
    'recording_interrupted',
    spool.reason === undefined
      ? `the process that captured it ended; its sound is there up to ${(plan.stopMs / 1000).toFixed(1)} s`
      : `capture broke off after ${(plan.stopMs / 1000).toFixed(1)} s; its sound is there up to then`,
  );
  return {
    state,
    end_reason: reason,
    end_time: spool.record.start_time + plan.stopMs / 1000,
    duration: plan.frames / plan.shape.sampleRate,
    size: stored.size,
    channels: plan.shape.channels,
    file: stored.file,
    ...(state === 'error' ? { error: interrupted.report() } : {}),
  };
};

const isDeleted = async ({ registry }: EncodeParts, recordingId: string): Promise<boolean> => {
  const record = await registry.get(recordingId);
  return record === undefined || record.deleting !== undefined;
};

/**
 * Turns one spool into the file in storage and tells everyone. Every step finds out what an earlier run of it has done, so
 * the job may be run again after a crash at any point, and two runs may go on at once. The spool goes last, when the file
 * is verified and durable and everyone knows. Throws what encoding, storage and Redis throw, or the signal's reason.
 */
export const encodeRecording = async (
  parts: EncodeParts,
  recordingId: string,
  signal?: AbortSignal,
): Promise<EncodeResult> => {
  const startedAt = parts.now();
  const spool = await openSpool(parts, recordingId, signal);
  if (spool === undefined) return 'gone';
  const { record } = spool;
  const log: Logger = parts.log.child({ call_id: record.call_id, recording_id: recordingId });
  const logged = { ...parts, log };
  if (spool.damagedLines > 0)
    log.warn({ lines: spool.damagedLines }, 'lines of the journal are damaged: they are left out');

  const plan = planRender(spool, await heldRate(spoolDir(parts.spoolRoot, recordingId), spool));
  const file: FilePlan = { spool, plan, name: fileNameOf(record, parts), signal };
  const stored = (await findStored(logged, file)) ?? (await makeFile(logged, file));
  if (stored === undefined) return 'gone';

  const dir = spoolDir(parts.spoolRoot, recordingId);
  const outcome = outcomeOf(spool, plan, stored);
  // Whoever deletes a recording takes its spool away first: what was made of it meanwhile is nobody's.
  const wanted =
    (existsSync(dir) || !(await isDeleted(parts, recordingId))) &&
    (await settle(logged, { record, journal: spool.entries }, outcome, signal));
  if (!wanted) {
    await parts.storage.remove(stored.file);
    return 'gone';
  }
  // After everyone knows: reading it all once more is nothing to wait for.
  const manifest = await manifestOf(dir, spool, outcome, stored, parts.writtenBy ?? 'sipreel');
  // Another run that has removed the spool meanwhile has noted more than what this one has found.
  if (existsSync(dir)) {
    await parts.storage.note(stored.file, `${JSON.stringify(manifest, undefined, 2)}\n`);
    // Whoever deletes it takes the spool away first: what was noted after that is nobody's.
    if (!existsSync(dir) && (await isDeleted(parts, recordingId))) await parts.storage.remove(stored.file);
    else if (parts.home?.isAway(stored.file)) await parts.home.owe(recordingId);
  }
  // Of all runs the first counts.
  if (parts.sounds && existsSync(dir)) await parts.sounds.note(recordingId, await soundReportOf(dir, spool), outcome);
  const at = new Date(parts.now()).toISOString();
  if (parts.keepSpool) await markSettled(dir, { state: outcome.state, at, file: stored.file });
  else await removeSpool(dir);
  parts.observer?.stored(record, parts.now() - startedAt);
  const { state, end_reason, duration, size } = outcome;
  log.info(
    { state, end_reason, duration, size, file: stored.file, took_ms: parts.now() - startedAt },
    'recording stored',
  );
  return 'stored';
};
