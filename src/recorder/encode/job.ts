import { existsSync } from 'node:fs';
import { SipreelError } from '../../errors/error.ts';
import type { Logger } from '../../log.ts';
import { channelsOf } from '../recording/parameters.ts';
import { isTerminal, type RecordingOutcome, type RecordingRecord } from '../recording/record.ts';
import { terminalStateOf } from '../recording/state.ts';
import { spoolDir } from '../spool/layout.ts';
import { readSpool, type SpoolContents } from '../spool/read-spool.ts';
import { removeSpool } from '../spool/spool.ts';
import { type StorageName, storageName } from '../storage/names.ts';
import type { Storage, StoredFile } from '../storage/storage.ts';
import { encodeFile } from './encode.ts';
import { type FfmpegBinaries, type FfmpegOptions, resolveFfmpeg } from './ffmpeg-binary.ts';
import { type BitRates, formatKinds } from './formats.ts';
import { markSettled } from './marker.ts';
import { planRender, type RenderPlan } from './plan.ts';
import { renderSpool } from './render.ts';
import { type SettleParts, settle } from './settle.ts';
import { verifyFile } from './verify.ts';

/** What an encode job works with. */
export interface EncodeParts extends SettleParts {
  readonly spoolRoot: string;
  readonly storage: Storage;
  /** Looked for at each job, so that an ffmpeg that was missing is found when it is there. */
  readonly ffmpeg: FfmpegOptions;
  readonly bitRates?: BitRates;
  /** Milliseconds without progress after which ffmpeg is killed as hung. Default: 30,000. */
  readonly stallMs?: number;
  /** Keep the spools of finished recordings. */
  readonly keepSpool: boolean;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** How a job ended: `gone` if another run of it had done everything before. */
export type EncodeResult = 'stored' | 'gone';

const isMissing = (error: unknown): boolean =>
  error instanceof SipreelError &&
  error.cause instanceof Error &&
  'code' in error.cause &&
  error.cause.code === 'ENOENT';

/** The spool, or undefined if it is gone because its recording is terminal. Throws spool_missing, spool_unreadable. */
const openSpool = async (parts: EncodeParts, recordingId: string): Promise<SpoolContents | undefined> => {
  const dir = spoolDir(parts.spoolRoot, recordingId);
  try {
    return await readSpool(dir);
  } catch (error) {
    if (!isMissing(error)) throw error;
    const record = await parts.registry.get(recordingId);
    if (record !== undefined && isTerminal(record.state)) return undefined;
    throw new SipreelError('spool_missing', `${dir} is gone and the recording has no file yet`, { cause: error });
  }
};

/** Someone else's run of this job may have put the file there; it counts only if it is what this run would make. */
const findStored = async (
  parts: EncodeParts,
  record: RecordingRecord,
  plan: RenderPlan,
  name: StorageName,
  binaries: () => Promise<FfmpegBinaries>,
  signal: AbortSignal | undefined,
): Promise<StoredFile | undefined> => {
  const stored = await parts.storage.stat(name);
  if (stored === undefined) return undefined;
  try {
    await verifyFile({ file: stored.file, format: record.format, ...plan }, binaries, signal);
    return stored;
  } catch (err) {
    signal?.throwIfAborted();
    parts.log.warn({ err }, 'the file in storage is not what it should be: it is made again');
    return undefined;
  }
};

/** Renders, encodes and verifies beside the file's place, then puts it there; two runs at once put the same there twice. */
const makeFile = async (
  parts: EncodeParts,
  spool: SpoolContents,
  plan: RenderPlan,
  name: StorageName,
  binaries: () => Promise<FfmpegBinaries>,
  signal: AbortSignal | undefined,
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
    await encodeFile({ file, format, shape, metadata, pcm, bitRates, stallMs, signal }, binaries);
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

const nameOf = (record: RecordingRecord): StorageName =>
  storageName({
    recordingId: record.recording_id,
    startTime: record.start_time,
    extension: formatKinds[record.format].extension,
  });

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
  const spool = await openSpool(parts, recordingId);
  if (spool === undefined) return 'gone';
  const { record } = spool;
  const log: Logger = parts.log.child({ call_id: record.call_id, recording_id: recordingId });
  const logged = { ...parts, log };
  if (spool.damagedLines > 0)
    log.warn({ lines: spool.damagedLines }, 'lines of the journal are damaged: they are left out');

  const plan = planRender(spool);
  const name = nameOf(record);
  let found: Promise<FfmpegBinaries> | undefined;
  const binaries = (): Promise<FfmpegBinaries> => {
    found ??= resolveFfmpeg(parts.ffmpeg);
    return found;
  };
  const stored =
    (await findStored(logged, record, plan, name, binaries, signal)) ??
    (await makeFile(logged, spool, plan, name, binaries, signal));
  if (stored === undefined) return 'gone';

  const outcome = outcomeOf(spool, plan, stored);
  await settle(logged, record, outcome, signal);

  const dir = spoolDir(parts.spoolRoot, recordingId);
  const at = new Date(parts.now()).toISOString();
  if (parts.keepSpool) await markSettled(dir, { state: outcome.state, at, file: stored.file });
  else await removeSpool(dir);
  const { state, end_reason, duration, size, file } = outcome;
  log.info({ state, end_reason, duration, size, file, took_ms: parts.now() - startedAt }, 'recording stored');
  return 'stored';
};

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
    await settle({ ...parts, log }, record, outcome, signal);
  }
  await markSettled(dir, { state: 'error', at: new Date(parts.now()).toISOString(), code: error.code });
  log.error({ err: error, spool: dir }, 'the recording has no file: its spool is kept');
};
