import { asSipreelError, type SipreelError } from '../errors/error.ts';
import type { Recorder } from './recorder.ts';
import type { RecordCallParameters } from './recording/parameters.ts';
import type { EndReason } from './recording/record.ts';
import type { ActiveRecording } from './running-recording.ts';

/** Who is told of what a recorder does, for figures and traces. Nothing is told of a packet. */
export interface RecorderObserver {
  /** Sound is being captured, so many milliseconds after it was asked for. */
  started(recording: ActiveRecording, tookMs: number): void;
  refused(parameters: RecordCallParameters, error: SipreelError): void;
  turned(recording: ActiveRecording, turn: 'recording' | 'paused'): void;
  /** Its sound is on the disk. */
  captured(recording: ActiveRecording, reason: EndReason): void;
}

/** The same recorder, which tells the observer what becomes of its recordings. */
export const observeRecorder = (recorder: Recorder, observer: RecorderObserver): Recorder => ({
  ...recorder,
  async start(call, parameters) {
    const askedAt = performance.now();
    let recording: ActiveRecording;
    try {
      recording = await recorder.start(call, parameters);
    } catch (thrown) {
      observer.refused(parameters, asSipreelError(thrown));
      throw thrown;
    }
    observer.started(recording, performance.now() - askedAt);
    recording.watch((turn) => observer.turned(recording, turn));
    void recording.captured.then((reason) => observer.captured(recording, reason));
    return recording;
  },
});
