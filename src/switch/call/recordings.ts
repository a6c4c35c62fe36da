import type { Logger } from 'pino';
import { asSipreelError, SipreelError } from '../../errors/error.ts';
import type { Controlled, RecordingControl } from '../../recorder/control/recording-control.ts';
import type { RecordedCall } from '../../recorder/parts.ts';
import type { Recorder } from '../../recorder/recorder.ts';
import type { RecordCallParameters } from '../../recorder/recording/parameters.ts';
import type { PauseAnswer } from '../../recorder/recording/pauses.ts';
import { isTerminal, type RecordingRecord } from '../../recorder/recording/record.ts';
import type { ActiveRecording } from '../../recorder/running-recording.ts';
import { beepOver } from '../media/beep-over.ts';
import type { PromptPlayer } from '../media/prompt/player.ts';
import type { CallPort, RecordingChange, RecordingEnd } from '../swml/call-port.ts';
import { untilAborted } from '../swml/until-aborted.ts';

export interface CallRecordingsParts {
  readonly call: RecordedCall;
  readonly recorder: Recorder;
  /** For recordings that this node does not capture, or not under that name. */
  readonly control: Pick<RecordingControl, 'stop' | 'pause' | 'resume'>;
  readonly player: Pick<PromptPlayer, 'beep' | 'idle'>;
  /** Aborted when the call ends. */
  readonly signal: AbortSignal;
  /** How long stop_record_call waits for the file, ms. */
  readonly playableWithinMs: number;
  readonly log: Logger;
}

/** What a call does with its recordings: see CallPort for what each method promises; the call is answered. */
export interface CallRecordings
  extends Pick<CallPort, 'recordCall' | 'recordingEnded' | 'stopRecordCall' | 'pauseRecordCall' | 'resumeRecordCall'> {
  /** Starts one that no script has asked for. @throws SipreelError prompt_busy, call_ended and what Recorder.start throws */
  start(parameters: RecordCallParameters): Promise<ActiveRecording>;
}

/** How long a beep may take, ms; it lasts a fraction of a second. */
const beepWithinMs = 3_000;

export const createCallRecordings = (parts: CallRecordingsParts): CallRecordings => {
  const { call, recorder, control, player, signal, playableWithinMs, log } = parts;
  /** Control id -> the recording that was started last under that name. */
  const recordings = new Map<string, ActiveRecording>();
  /** Recording id -> resolves when the script was told all of it; never rejects. */
  const told = new Map<string, Promise<void>>();

  /** `unknown` while Redis is away: its sound is on the disk, and its file is made when Redis is back. */
  const whenPlayable = async (recordingId: string): Promise<RecordingRecord | 'unknown' | undefined> => {
    try {
      return await recorder.whenEnded(recordingId, { signal: signal, timeoutMs: playableWithinMs });
    } catch (thrown) {
      signal.throwIfAborted();
      const error = asSipreelError(thrown);
      if (!error.kind.retryable) throw error;
      log.warn({ err: error, recording_id: recordingId }, 'the recording is stopped; its file is made later');
      return 'unknown';
    }
  };

  const stateOf = async (recording: ActiveRecording): Promise<RecordingEnd> => {
    const end_reason = await untilAborted(recording.captured, signal);
    const record = await whenPlayable(recording.id);
    if (record === 'unknown') return { state: 'finishing', end_reason };
    if (record && isTerminal(record.state)) return { state: record.state, end_reason };
    log.error({ recording_id: recording.id }, 'the file of a recording is not ready in time; it is still owed');
    return { state: 'finishing', end_reason };
  };

  const follow = async (recording: ActiveRecording, onChange: (change: RecordingChange) => void): Promise<void> => {
    recording.watch((state) => {
      if (!signal.aborted) onChange({ state });
    });
    const end_reason = await recording.captured;
    if (signal.aborted) return;
    onChange({ state: 'finishing', end_reason });
    onChange(await stateOf(recording));
  };

  /** The beep: a prompt like any other, or over what the party hears of another leg or of a prompt that plays. */
  const beep = async (): Promise<void> => {
    if (!player.idle()) return beepOver(call.source, signal, log);
    const late = AbortSignal.timeout(beepWithinMs);
    await player.beep(AbortSignal.any([signal, late])).catch((error: unknown) => {
      if (!late.aborted || signal.aborted) throw error;
      throw new SipreelError('prompt_busy', 'the party was connected with another leg before it had heard the beep', {
        cause: error,
      });
    });
  };

  const start = async (parameters: RecordCallParameters): Promise<ActiveRecording> => {
    if (parameters.beep) await beep();
    signal.throwIfAborted();
    const recording = await recorder.start(call, parameters);
    recordings.set(recording.controlId, recording);
    return recording;
  };

  const recordCall: CallPort['recordCall'] = async (parameters, onChange) => {
    try {
      const recording = await start(parameters);
      if (onChange) {
        const following = follow(recording, onChange).catch((err: unknown) => {
          // The call has ended: there is no script left to tell.
          if (!signal.aborted)
            log.warn({ err, recording_id: recording.id }, 'the script is not told how a recording ended');
        });
        told.set(recording.id, following);
      }
      return { result: 'success', control_id: recording.controlId, url: recording.url };
    } catch (thrown) {
      signal.throwIfAborted();
      const error = asSipreelError(thrown);
      log.error({ err: error, control_id: parameters.control_id }, 'record_call failed: the call goes on');
      return { result: 'failed', control_id: parameters.control_id ?? '', reason: error.message };
    }
  };

  const stopRecordCall: CallPort['stopRecordCall'] = async (controlId, callId = call.callId) => {
    const askedAt = performance.now();
    const failed = (fields: Readonly<Record<string, unknown>>, why: string): 'failed' => {
      log.info({ control_id: controlId, of_call: callId, ...fields }, why);
      return 'failed';
    };
    let stopped: Controlled;
    try {
      stopped = await control.stop({ callId, controlId });
    } catch (err) {
      signal.throwIfAborted();
      return failed({ err }, 'stop_record_call: nothing was stopped');
    }
    const { recording_id, end_reason } = stopped;
    if (stopped.result === 'already_stopped') {
      return failed({ recording_id, end_reason }, 'stop_record_call: the recording had ended already');
    }
    const record = await whenPlayable(recording_id);
    // What the script does next finds its variables as they are now.
    await told.get(recording_id);
    signal.throwIfAborted();
    if (record === 'unknown') return 'success';
    if (record?.state === 'finished' || record?.state === 'no_input') {
      log.info(
        { control_id: controlId, recording_id, took_ms: Math.round(performance.now() - askedAt) },
        'stop_record_call: playable',
      );
      return 'success';
    }
    log.error(
      { control_id: controlId, recording_id, err: record?.error },
      record
        ? 'stop_record_call: the recording failed'
        : 'stop_record_call: the file is not ready in time; it is still owed',
    );
    return 'failed';
  };

  const turnRecordCall = async (
    method: string,
    { callId, controlId }: { readonly callId: string; readonly controlId: string },
    turn: (recording: ActiveRecording) => Promise<PauseAnswer>,
    turnThere: () => Promise<Controlled>,
  ): Promise<'success' | 'failed'> => {
    const about = { control_id: controlId, of_call: callId, method };
    try {
      // One of this node is turned while Redis is away, too.
      const recording = recorder.find(callId, controlId);
      const { changed, ...how } = recording ? await turn(recording) : changeOf(await untilAborted(turnThere(), signal));
      if (!changed)
        log.info({ ...about, ...how, recording_id: recording?.id }, 'the recording was in this state already');
      return 'success';
    } catch (thrown) {
      signal.throwIfAborted();
      const err = asSipreelError(thrown);
      log.info({ ...about, reason: err.message }, 'no recording to pause or to resume');
      return 'failed';
    }
  };

  const recordingEnded: CallPort['recordingEnded'] = async (controlId) => {
    const recording = recordings.get(controlId);
    if (recording) return stateOf(recording);
    throw new SipreelError('internal_error', `nothing was recorded under the name ${JSON.stringify(controlId)}`);
  };

  return {
    start,
    recordCall,
    recordingEnded,
    stopRecordCall,
    pauseRecordCall: (controlId, behavior, callId = call.callId) =>
      turnRecordCall(
        'pause_record_call',
        { callId, controlId },
        (recording) => recording.pause(behavior),
        () => control.pause({ callId, controlId }, behavior),
      ),
    resumeRecordCall: (controlId, callId = call.callId) =>
      turnRecordCall(
        'resume_record_call',
        { callId, controlId },
        (recording) => recording.resume(),
        () => control.resume({ callId, controlId }),
      ),
  };
};

const changeOf = ({ result }: Controlled) => ({ changed: result === 'paused' || result === 'resumed', state: result });
