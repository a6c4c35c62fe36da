import { randomUUID } from 'node:crypto';
import { asSipreelError, SipreelError } from '../errors/error.ts';
import type { PayloadMap } from '../rtp/payload.ts';
import { eventOfDigit } from '../rtp/telephone-event.ts';
import { monotonicMs } from './capture/clock.ts';
import type { RecordedCall, RecorderOptions, RecorderParts } from './parts.ts';
import { createKeyPresses, type DigitWay, type KeyPress, type KeyPresses } from './recording/key-press.ts';
import type { RecordCallParameters, TrackName } from './recording/parameters.ts';
import type { PauseAnswer, PauseBehavior } from './recording/pauses.ts';
import type { RecordingRecord } from './recording/record.ts';
import type { ActiveRecording } from './running-recording.ts';
import { controlIdTaken, startRecording } from './start-recording.ts';

/** Which recording is meant: by its id, or by its name within a call. */
export type RecordingReference =
  | { readonly recordingId: string }
  | { readonly callId: string; readonly controlId: string };

/** Records parties of calls: the plugin's face. */
export interface Recorder {
  /**
   * Starts a recording; resolves when sound is being captured.
   * @throws SipreelError control_id_taken, spool_room_low, recordings_limit, fork_refused, rtpengine_away, rtpengine_refused, spool_open_failed
   */
  start(call: RecordedCall, parameters: RecordCallParameters): Promise<ActiveRecording>;
  /** The active recording of that name on a call of this process. */
  find(callId: string, controlId: string): ActiveRecording | undefined;
  active(): readonly ActiveRecording[];
  /**
   * Pauses an active recording of this process; resolves when nothing that arrives reaches its disk or file any more. One that
   * is paused already stays as it is. @throws SipreelError recording_ended if it is not active here
   */
  pause(which: RecordingReference, behavior: PauseBehavior): Promise<PauseAnswer>;
  /** Ends the pause of an active recording of this process. @throws SipreelError recording_ended if it is not active here */
  resume(which: RecordingReference): Promise<PauseAnswer>;
  /** True while this process captures the recording. */
  owns(recordingId: string): boolean;
  /**
   * A recording that this process captures, or captured until a moment ago: as soon as sound is captured, and rejected if
   * it could not be started. Undefined if it is another's, or unknown.
   */
  owned(recordingId: string): Promise<ActiveRecording> | undefined;
  /**
   * Tells that the party has pressed a key (0-9 * # A-D), in a way that forks don't show: SIP INFO. It counts for each active
   * recording of the call, and once however often it is told. @throws SipreelError digit_invalid
   */
  digit(callId: string, digit: string, via: DigitWay, durationMs: number): void;
  /** Tells a call's recordings what a direction's payload types mean from now on; their forks go on as they are. */
  mediaChanged(callId: string, track: TrackName, payloads: PayloadMap): void;
  /** Tells a call's recordings that a side holds the call, or does not any more. */
  holdChanged(callId: string, track: TrackName, held: boolean): void;
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
  /** call id -> the keys that its party has pressed; for the calls that were recorded, until they end. */
  const keys = new Map<string, KeyPresses>();
  /** Recordings whose spool is this process's business; undefined until they are being started. */
  const owned = new Map<string, Promise<ActiveRecording> | undefined>();

  const release = (callId: string, controlId: string): void => {
    const names = calls.get(callId);
    names?.delete(controlId);
    if (names?.size === 0) calls.delete(callId);
  };

  /** For recordings that are just being started, as soon as they are: they know what is from before their time. */
  const tellKey = (callId: string, key: KeyPress, source: string): void => {
    if (keys.get(callId)?.isNew(key, source) !== true) return;
    for (const { recording, starting } of calls.get(callId)?.values() ?? []) {
      if (recording) recording.pressed(key);
      else starting.then((started) => started.pressed(key)).catch(() => undefined); // Whoever started it has the error.
    }
  };

  /** What runs has the disk and the machine; a recording that would harm it does not start. */
  const admit = (): void => {
    const low = parts.room?.refusal();
    if (low) throw low;
    const { maxRecordings } = options;
    const running = [...calls.values()].reduce((sum, names) => sum + names.size, 0);
    if (maxRecordings === undefined || running < maxRecordings) return;
    throw new SipreelError('recordings_limit', `${running} recordings run, and ${maxRecordings} may`);
  };

  const start: Recorder['start'] = async (call, parameters) => {
    admit();
    const { callId } = call;
    const recordingId = randomUUID();
    const controlId = parameters.control_id ?? randomUUID();
    const names = calls.get(callId) ?? new Map<string, Claim>();
    if (names.has(controlId)) throw controlIdTaken(callId, controlId);

    owned.set(recordingId, undefined);
    if (!keys.has(callId)) keys.set(callId, createKeyPresses());
    const starting = startRecording(
      parts,
      options,
      call,
      { ...parameters, control_id: controlId },
      {
        recordingId,
        onKey: (key) => tellKey(callId, key, `${recordingId} ${key.via}`),
        onCaptured: () => release(callId, controlId),
        onOver: () => owned.delete(recordingId),
      },
    );
    owned.set(recordingId, starting);
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
    keys.delete(callId);
  };

  const tellAll = (callId: string, tell: (recording: ActiveRecording) => void): void => {
    for (const { starting } of calls.get(callId)?.values() ?? []) {
      starting.then(tell, () => undefined); // Whoever started it has the error.
    }
  };

  const active = (): readonly ActiveRecording[] =>
    [...calls.values()].flatMap((names) => [...names.values()].flatMap(({ recording }) => recording ?? []));

  const activeOne = (which: RecordingReference): ActiveRecording => {
    const found =
      'recordingId' in which
        ? active().find(({ id }) => id === which.recordingId)
        : calls.get(which.callId)?.get(which.controlId)?.recording;
    if (found) return found;
    const name =
      'recordingId' in which ? which.recordingId : `${JSON.stringify(which.controlId)} of call ${which.callId}`;
    throw new SipreelError('recording_ended', `recording ${name} is not active on this node`, {
      details: { ...which },
    });
  };

  return {
    start,
    mediaChanged: (callId, track, payloads) => tellAll(callId, (recording) => recording.mediaChanged(track, payloads)),
    holdChanged: (callId, track, held) => tellAll(callId, (recording) => recording.holdChanged(track, held)),
    pause: async (which, behavior) => activeOne(which).pause(behavior),
    resume: async (which) => activeOne(which).resume(),
    find: (callId, controlId) => calls.get(callId)?.get(controlId)?.recording,
    active,
    owns: (recordingId) => owned.has(recordingId),
    owned: (recordingId) => owned.get(recordingId),
    digit: (callId, digit, via, durationMs) => {
      if (eventOfDigit(digit) === undefined) {
        throw new SipreelError('digit_invalid', `${JSON.stringify(digit.slice(0, 40))} is no digit`);
      }
      const at = monotonicMs(process.hrtime.bigint());
      tellKey(callId, { digit: digit.toUpperCase(), via, at, durationMs }, via);
    },
    callEnded,
    whenEnded: (recordingId, waiting) => parts.registry.whenEnded(recordingId, waiting),
  };
};

interface Claim {
  readonly starting: Promise<ActiveRecording>;
  /** Once sound is captured. */
  recording?: ActiveRecording;
}
