import type { Logger } from 'pino';
import { asSipreelError, SipreelError } from '../errors/error.ts';
import type { CaptureEvent } from './capture/capture-event.ts';
import type { CaptureHandle } from './capture/capture-handle.ts';
import { type Fork, openFork } from './fork/fork.ts';
import type { RecordedCall, RecorderOptions, RecorderParts } from './parts.ts';
import { statusEvent } from './recording/events.ts';
import { type Hearings, needsVoice, nextLimit } from './recording/limits.ts';
import { type RecordCallParameters, type TrackName, tracksOf } from './recording/parameters.ts';
import type { EndReason, RecordingRecord } from './recording/record.ts';
import { createSpool, removeSpool, type Spool } from './spool/spool.ts';

/** A recording of this process, from the moment sound is captured. */
export interface ActiveRecording {
  readonly id: string;
  readonly callId: string;
  readonly controlId: string;
  /** record_call_url. */
  readonly url: string;
  readonly record: RecordingRecord;
  /** True from the moment it was asked to stop. */
  ended(): boolean;
  /**
   * Ends it: the first reason counts. Resolves when its sound is on disk and its file is being made. Never rejects:
   * what Redis could not be told is owed and told later.
   */
  stop(reason: EndReason): Promise<void>;
}

/** What the one who starts a recording gives it and is told of it. */
export interface RecordingLife {
  readonly recordingId: string;
  /** Capture is over: the control ID is free. */
  readonly onCaptured: () => void;
  /** The encode job is queued, or owed: the spool is nobody's. */
  readonly onOver: () => void;
}

/**
 * Starts one recording: spool first, so that no sound is ever without its record, then the control ID, the capture
 * socket and the forks. What was done is undone if a later step fails.
 */
export const startRecording = async (
  parts: RecorderParts,
  options: RecorderOptions,
  call: RecordedCall,
  parameters: RecordCallParameters & { readonly control_id: string },
  life: RecordingLife,
): Promise<ActiveRecording> => {
  const record = newRecord(life.recordingId, options, call, parameters);
  const log = parts.log.child({
    call_id: record.call_id,
    recording_id: record.recording_id,
    control_id: record.control_id,
  });
  const spool = await createSpool(options.spoolRoot, record);
  const undo: (() => Promise<unknown>)[] = [() => abandon(spool)];
  try {
    await claimControlId(parts, record, log);
    undo.push(() => parts.registry.forget(record.recording_id));
    const handle = await parts.capture.open({
      recordingId: record.recording_id,
      tracks: capturedTracks(parameters),
      epoch: spool.epoch,
      digits: parameters.terminators !== '',
      ...(needsVoice(parameters)
        ? { vad: { sensitivity: parameters.input_sensitivity, tracks: tracksOf(parameters.direction) } }
        : {}),
    });
    undo.push(() => handle.stop());
    const forks = await openForks(call, record, capturedTracks(parameters), handle, spool, options.captureAddress);
    const recording = run({ parts, parameters, record, spool, handle, forks, log, life });
    announce(parts, record, log);
    return recording;
  } catch (error) {
    for (const step of undo.reverse()) {
      await step().catch((err: unknown) =>
        log.warn({ err }, 'undoing a recording that did not start: one step failed'),
      );
    }
    throw error;
  }
};

const newRecord = (
  recording_id: string,
  options: RecorderOptions,
  call: RecordedCall,
  parameters: RecordCallParameters & { readonly control_id: string },
): RecordingRecord => {
  const { control_id, format, direction, stereo, status_url } = parameters;
  return {
    recording_id,
    call_id: call.callId,
    control_id,
    node_id: options.nodeId,
    state: 'recording',
    format,
    direction,
    stereo,
    url: options.urlOf({ recording_id, format }),
    from: call.from,
    to: call.to,
    ...(status_url === undefined ? {} : { status_url }),
    start_time: Date.now() / 1000,
  };
};

const abandon = async (spool: Spool): Promise<void> => {
  await spool.journal.close();
  await removeSpool(spool.dir);
};

/** Redis away is no reason not to record: the encode job enters the record when Redis is back. */
const claimControlId = async (parts: RecorderParts, record: RecordingRecord, log: Logger): Promise<void> => {
  const begun = await parts.registry.begin(record).catch((thrown: unknown) => {
    const error = asSipreelError(thrown);
    if (!error.kind.retryable) throw error;
    log.warn({ err: error }, 'the registry does not know of this recording yet: it is told at the end');
    return { taken: false } as const;
  });
  if (begun.taken) throw controlIdTaken(record.call_id, record.control_id);
};

export const controlIdTaken = (callId: string, controlId: string): SipreelError =>
  new SipreelError(
    'control_id_taken',
    `control_id ${JSON.stringify(controlId)} is in use by an active recording of this call`,
    { details: { call_id: callId, control_id: controlId } },
  );

/** The party's digits come with what it says, so that is captured too where digits end a recording of what it hears. */
const capturedTracks = ({ direction, terminators }: RecordCallParameters): readonly TrackName[] =>
  terminators === '' ? tracksOf(direction) : [...new Set<TrackName>(['speak', ...tracksOf(direction)])];

/** One fork for each track, all to the recording's one socket, both at once. */
const openForks = async (
  call: RecordedCall,
  record: RecordingRecord,
  tracks: readonly TrackName[],
  handle: CaptureHandle,
  spool: Spool,
  address: string,
): Promise<readonly Fork[]> => {
  const opened = await Promise.allSettled(
    tracks.map((track) =>
      openFork(call.source, {
        track,
        recordingId: record.recording_id,
        to: { address, port: handle.port },
        prepared: (media) => {
          const { payloads, port, rtcpPort } = media;
          handle.expect(track, { address: media.address, rtpPort: port, rtcpPort }, payloads);
          void spool.journal.append({ event: 'sdp', t: spool.now(), track, payloads });
        },
      }),
    ),
  );
  const forks = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failed = opened.find((result) => result.status === 'rejected');
  if (!failed) return forks;
  await Promise.all(forks.map((fork) => fork.close()));
  throw failed.reason;
};

interface Running {
  readonly parts: RecorderParts;
  readonly parameters: RecordCallParameters;
  readonly record: RecordingRecord;
  readonly spool: Spool;
  readonly handle: CaptureHandle;
  readonly forks: readonly Fork[];
  readonly log: Logger;
  readonly life: RecordingLife;
}

/** From the first captured sample to the encode job: limits, digits, the end. */
const run = (running: Running): ActiveRecording => {
  const { parameters, record, spool, handle, log } = running;
  const startedMs = spool.now();
  void spool.journal.append({ event: 'started', t: startedMs });
  handle.start(startedMs);
  log.info({ format: record.format, direction: record.direction, stereo: record.stereo }, 'recording');

  let heard: Hearings = {};
  let timer: NodeJS.Timeout | undefined;
  let stopping: Promise<void> | undefined;

  const stopAt = (reason: EndReason, t: number): Promise<void> => {
    clearTimeout(timer);
    stopping ??= finish(running, startedMs, reason, t)
      .catch((err: unknown) =>
        log.error({ err }, 'the end could not be written: the sound is in the spool and becomes a file later'),
      )
      .finally(running.life.onOver);
    return stopping;
  };

  const watchLimit = (): void => {
    clearTimeout(timer);
    const due = stopping !== undefined ? undefined : nextLimit(parameters, startedMs, heard);
    if (!due) return;
    const wait = due.t - spool.now();
    if (wait <= 0) void stopAt(due.reason, due.t);
    else timer = setTimeout(watchLimit, Math.min(Math.ceil(wait), longestTimerMs));
  };

  handle.on((event: CaptureEvent) => {
    switch (event.event) {
      case 'digit':
        if (parameters.terminators.includes(event.digit)) void stopAt('terminator', spool.now());
        return;
      case 'speech':
        heard = { ...heard, [event.track]: { speaking: event.speaking, since: event.t } };
        watchLimit();
        return;
      case 'first_packet':
        log.info({ track: event.track, after_ms: Math.round(event.t) }, 'first packet');
        return;
      case 'write_failed':
      case 'write_recovered':
        return; // Capture goes on by itself, and has logged it.
      case 'died':
        log.error({ error: event.error }, 'the recording ends with what is on the disk');
        void stopAt('error', spool.now());
        return;
    }
  });
  watchLimit();

  return {
    id: record.recording_id,
    callId: record.call_id,
    controlId: record.control_id,
    url: record.url,
    record,
    ended: () => stopping !== undefined,
    stop: (reason) => stopAt(reason, spool.now()),
  };
};

/** setTimeout takes no more; a later limit is looked at again then. */
const longestTimerMs = 2_147_483_647;

const finish = async (running: Running, startedMs: number, reason: EndReason, t: number): Promise<void> => {
  const { parts, record, spool, handle, forks, log } = running;
  const id = record.recording_id;
  const forksClosed = Promise.all(forks.map((fork) => fork.close()));
  const { tracks, error } = await handle.stop();
  if (error) log.error({ error }, 'not all of the sound is on the disk');
  running.life.onCaptured();
  try {
    await spool.journal.append({ event: 'stopped', t, reason });
    await spool.journal.append({ event: 'captured', t: spool.now(), tracks });
  } finally {
    await spool.journal.close();
  }
  log.info({ end_reason: reason, seconds: Math.round(t - startedMs) / 1000, tracks }, 'captured');
  await parts.registry
    .finishing(id, { end_reason: reason, end_time: record.start_time + t / 1000 })
    .catch((err: unknown) => log.warn({ err }, 'the registry was not told of the end: the encode job tells it'));
  await parts.queue
    .add(id)
    .catch((err: unknown) => log.warn({ err }, 'the encode job could not be queued: it is owed and queued later'));
  await forksClosed;
};

const announce = (parts: RecorderParts, record: RecordingRecord, log: Logger): void => {
  if (record.status_url === undefined) return;
  parts.notifier
    .owe(statusEvent(record, 'recording'), record.status_url)
    .catch((err: unknown) => log.error({ err }, 'the status event could not be kept'));
};
