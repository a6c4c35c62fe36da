import { randomUUID } from 'node:crypto';
import { asSipreelError } from '../errors/error.ts';
import type { PayloadMap } from '../rtp/payload.ts';
import type { RecordedCall, RecorderOptions, RecorderParts } from './parts.ts';
import type { RecordCallParameters, TrackName } from './recording/parameters.ts';
import type { RecordingRecord } from './recording/record.ts';
import type { ActiveRecording } from './running-recording.ts';
import { controlIdTaken, startRecording } from './start-recording.ts';

/** Records parties of calls: the plugin's face. */
export interface Recorder {
  /**
   * Starts a recording; resolves when sound is being captured.
   * @throws SipreelError control_id_taken, fork_refused, rtpengine_away, rtpengine_refused, spool_open_failed
   */
  start(call: RecordedCall, parameters: RecordCallParameters): Promise<ActiveRecording>;
  /** The active recording of that name on a call of this process. */
  find(callId: string, controlId: string): ActiveRecording | undefined;
  active(): readonly ActiveRecording[];
  /** True while this process captures the recording. */
  owns(recordingId: string): boolean;
  /** Tells a call's recordings what a direction's payload types mean from now on; their forks go on as they are. */
  mediaChanged(callId: string, track: TrackName, payloads: PayloadMap): void;
  /** Stops all recordings of a call; resolves when their sound is on disk. Never rejects. */
  callEnded(callId: string): Promise<void>;
  /** The record once its file can be played or it has failed; undefined after timeoutMs or if nobody knows it. */
  whenEnded(
    recordingId: string,
    options: { readonly signal?: AbortSignal; readonly timeoutMs: number },
  ): Promise<RecordingRecord | undefined>;
}

export const createRecorder = (parts: RecorderParts, options: RecorderOptions): Recorder => {
  /** call id -> control id -> its recording, from the moment the name is claimed until capture is over. */
  const calls = new Map<string, Map<string, Claim>>();
  /** Recordings whose spool is this process's business. */
  const owned = new Set<string>();

  const release = (callId: string, controlId: string): void => {
    const names = calls.get(callId);
    names?.delete(controlId);
    if (names?.size === 0) calls.delete(callId);
  };

  const start: Recorder['start'] = async (call, parameters) => {
    const { callId } = call;
    const recordingId = randomUUID();
    const controlId = parameters.control_id ?? randomUUID();
    const names = calls.get(callId) ?? new Map<string, Claim>();
    if (names.has(controlId)) throw controlIdTaken(callId, controlId);

    owned.add(recordingId);
    const starting = startRecording(
      parts,
      options,
      call,
      { ...parameters, control_id: controlId },
      {
        recordingId,
        onCaptured: () => release(callId, controlId),
        onOver: () => owned.delete(recordingId),
      },
    );
    const claim: Claim = { starting };
    calls.set(callId, names.set(controlId, claim));
    try {
      claim.recording = await starting;
      return claim.recording;
    } catch (error) {
      release(callId, controlId);
      owned.delete(recordingId);
      throw asSipreelError(error);
    }
  };

  const callEnded: Recorder['callEnded'] = async (callId) => {
    const claims = [...(calls.get(callId)?.values() ?? [])];
    await Promise.all(
      claims.map(({ starting }) =>
        starting.then(
          (recording) => recording.stop('hangup'),
          () => undefined, // Whoever started it has the error.
        ),
      ),
    );
  };

  const mediaChanged: Recorder['mediaChanged'] = (callId, track, payloads) => {
    for (const { starting } of calls.get(callId)?.values() ?? []) {
      starting.then(
        (recording) => recording.mediaChanged(track, payloads),
        () => undefined, // Whoever started it has the error.
      );
    }
  };

  return {
    start,
    mediaChanged,
    find: (callId, controlId) => calls.get(callId)?.get(controlId)?.recording,
    active: () =>
      [...calls.values()].flatMap((names) => [...names.values()].flatMap(({ recording }) => recording ?? [])),
    owns: (recordingId) => owned.has(recordingId),
    callEnded,
    whenEnded: (recordingId, waiting) => parts.registry.whenEnded(recordingId, waiting),
  };
};

interface Claim {
  readonly starting: Promise<ActiveRecording>;
  /** Once sound is captured. */
  recording?: ActiveRecording;
}
