import type { Logger } from 'pino';
import { asSipreelError, SipreelError } from '../errors/error.ts';
import type { CaptureHandle } from './capture/capture-handle.ts';
import { withPatience } from './disk-patience.ts';
import { type Fork, openFork } from './fork/fork.ts';
import type { RecordedCall, RecorderOptions, RecorderParts } from './parts.ts';
import { statusEvent } from './recording/events.ts';
import { needsVoice } from './recording/limits.ts';
import { masksDigits } from './recording/masks.ts';
import { type RecordCallParameters, type TrackName, tracksOf, withoutStatusUrl } from './recording/parameters.ts';
import type { RecordingRecord } from './recording/record.ts';
import { type ActiveRecording, type RecordingLife, runRecording } from './running-recording.ts';
import { createSpool, removeSpool, type Spool } from './spool/spool.ts';

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
  const spool = await createSpool(options.spoolRoot, record, withoutStatusUrl(parameters));
  const undo: (() => Promise<unknown>)[] = [() => abandon(spool)];
  try {
    await claimControlId(parts, record, log);
    undo.push(() => parts.registry.forget(record.recording_id));
    const handle = await parts.capture.open({
      recordingId: record.recording_id,
      log,
      tracks: tracksOf(parameters.direction),
      watch: watchedTracks(parameters),
      epoch: spool.epoch,
      digits: parameters.terminators !== '' || parameters.mask_digits,
      // What is masked has to be found, whether or not it counts as a key.
      tones: masksDigits(parameters) || (options.inbandDigits === true && parameters.terminators !== ''),
      ...(needsVoice(parameters)
        ? { vad: { sensitivity: parameters.input_sensitivity, tracks: tracksOf(parameters.direction) } }
        : {}),
    });
    undo.push(() => withPatience(handle.stop()));
    const forks = await openForks(call, record, watchedTracks(parameters), handle, spool, options.captureAddress);
    const recording = runRecording({ parts, options, parameters, record, spool, handle, forks, log, life });
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
    ...(call.trunk === undefined ? {} : { trunk: call.trunk }),
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

/** The party's digits come with what it says: where they end a recording of what it hears, that is heard but not kept. */
const watchedTracks = ({ direction, terminators }: RecordCallParameters): readonly TrackName[] =>
  direction === 'listen' && terminators !== '' ? ['speak'] : [];

/** One fork for each track, all to the recording's one socket, both at once. */
const openForks = async (
  call: RecordedCall,
  record: RecordingRecord,
  watched: readonly TrackName[],
  handle: CaptureHandle,
  spool: Spool,
  address: string,
): Promise<readonly Fork[]> => {
  const opened = await Promise.allSettled(
    [...tracksOf(record.direction), ...watched].map((track) =>
      openFork(call.source, {
        track,
        id: record.recording_id,
        to: { address, port: handle.port },
        prepared: (media) => {
          const { payloads, port, rtcpPort } = media;
          handle.expect(track, { address: media.address, rtpPort: port, rtcpPort }, payloads);
          // The spool speaks of what it holds.
          if (!watched.includes(track)) void spool.journal.append({ event: 'sdp', t: spool.now(), track, payloads });
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

const announce = (parts: RecorderParts, record: RecordingRecord, log: Logger): void => {
  parts.notifier
    .owe(statusEvent(record, 'recording'), record.status_url)
    .catch((err: unknown) => log.error({ err }, 'the status event could not be kept'));
};
