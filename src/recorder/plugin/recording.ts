import type { PauseAnswer, PauseBehavior } from '../recording/pauses.ts';
import type { EndReason, RecordingRecord } from '../recording/record.ts';
import type { WaitOptions } from '../registry/ended.ts';
import type { ActiveRecording } from '../running-recording.ts';

/** A recording that this process captures. */
export interface Recording {
  readonly id: string;
  readonly callId: string;
  readonly controlId: string;
  /** record_call_url: what urlOf made of it. */
  readonly url: string;
  /** Why it ended, as soon as its sound is on the disk; never rejects. */
  readonly captured: Promise<EndReason>;
  /** Ends it; resolves when its sound is on the disk. Never rejects. */
  stop(): Promise<void>;
  /** What the pause leaves in the file: nothing (skip, the default) or silence. @throws SipreelError recording_ended */
  pause(behavior?: PauseBehavior): Promise<PauseAnswer>;
  /** @throws SipreelError recording_ended */
  resume(): Promise<PauseAnswer>;
  /** Calls the listener at each pause and each end of one. */
  watch(listener: (turn: 'recording' | 'paused') => void): void;
  /** The record once there is a file or there will be none; undefined after `timeoutMs`. @throws SipreelError redis_away */
  ended(options?: WaitOptions): Promise<RecordingRecord | undefined>;
}

/** What an application sees of a recording. */
export const recordingOf = (
  active: ActiveRecording,
  whenEnded: (recordingId: string, options?: WaitOptions) => Promise<RecordingRecord | undefined>,
): Recording => ({
  id: active.id,
  callId: active.callId,
  controlId: active.controlId,
  url: active.url,
  captured: active.captured,
  stop: () => active.stop('stop'),
  pause: (behavior = 'skip') => active.pause(behavior),
  resume: () => active.resume(),
  watch: (listener) => active.watch(listener),
  async ended(options) {
    await active.captured;
    return whenEnded(active.id, options);
  },
});
