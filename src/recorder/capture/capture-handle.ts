import type { ErrorReport } from '../../errors/error.ts';
import { SipreelError } from '../../errors/error.ts';
import type { Logger } from '../../log.ts';
import type { PayloadMap } from '../../rtp/payload.ts';
import type { TrackName } from '../recording/parameters.ts';
import type { CaptureEvent } from './capture-event.ts';
import type { CaptureThread } from './capture-thread.ts';
import { monotonicMs } from './clock.ts';
import { type CountsByTrack, readCounts } from './counters.ts';
import { createLevelReader, type Levels } from './level-meter.ts';
import type { FromThread, RecordingSettings } from './messages.ts';
import { checkSource, type TrackSource } from './sources.ts';

export type CaptureListener = (event: CaptureEvent) => void;

/** How a capture ended. */
export interface CaptureResult {
  readonly tracks: CountsByTrack;
  /** spool_write_failed if not everything reached the disk, capture_died if the thread is gone. */
  readonly error?: ErrorReport;
}

/** One recording that is being captured. */
export interface CaptureHandle {
  /** The UDP port that the forks of both tracks have to be sent to, RTP and RTCP. */
  readonly port: number;
  /**
   * Says where a track's fork comes from. What came from there in the second before is not lost; everything else is
   * dropped. A second call moves the track to another source.
   * @throws SipreelError capture_source_invalid
   */
  expect(track: TrackName, source: TrackSource, payloads: PayloadMap): void;
  /** What the payload types of a track mean from now on; for the live analysis alone. */
  update(track: TrackName, payloads: PayloadMap): void;
  /** Sound counts from t (ms on the recording's clock): each track's first packet from there on is an event. */
  start(t: number): void;
  /**
   * Nothing that arrives from the moment on that it resolves with (ms on the recording's clock) reaches the disk; keys are
   * still looked for. One at a time: not before the last pause or resume has resolved.
   * @throws SipreelError recording_ended
   */
  pause(): Promise<number>;
  /** What is sent from the moment on that it resolves with is recorded again. @throws SipreelError recording_ended */
  resume(): Promise<number>;
  /** Adds a listener and gives back what removes it. The first one also gets the events from before it came. */
  on(listener: CaptureListener): () => void;
  /** What was counted so far. */
  counts(): CountsByTrack;
  /** How loud each track was since the last question; measured for some seconds after each. */
  levels(): Levels;
  /** Idempotent; never rejects. Takes what the kernel still holds, closes the socket and writes everything. */
  stop(): Promise<CaptureResult>;
}

/**
 * Opens a recording on a thread.
 * @throws SipreelError capture_open_failed, capture_died, spool_open_failed, spool_unreadable
 */
export const openOnThread = (
  thread: CaptureThread,
  recording: RecordingSettings,
  options: { readonly log: Logger; readonly onEnd: (counts: CountsByTrack) => void },
): Promise<CaptureHandle> => {
  const { log } = options;
  const listeners = new Set<CaptureListener>();
  let early: CaptureEvent[] | undefined = [];
  let stopping: Promise<CaptureResult> | undefined;
  let ended: CaptureResult | undefined;
  let onEnded: ((result: CaptureResult) => void) | undefined;
  let turning: { resolve(t: number): void; reject(error: SipreelError): void } | undefined;

  const counts = (): CountsByTrack => readCounts(recording.counters, [...recording.tracks, ...recording.watched]);

  const epochMs = monotonicMs(recording.epoch);
  const levels = createLevelReader(
    recording.counters,
    recording.tracks,
    () => monotonicMs(process.hrtime.bigint()) - epochMs,
  );

  const hand = (listener: CaptureListener, event: CaptureEvent): void => {
    try {
      listener(event);
    } catch (err) {
      // The fault of one listener ends neither the capture nor the others.
      log.error({ err, event: event.event }, 'a listener to capture events failed');
    }
  };

  const emit = (event: CaptureEvent): void => {
    early?.push(event);
    for (const listener of listeners) hand(listener, event);
  };

  const end = (error: ErrorReport | undefined): void => {
    thread.detach(key);
    ended = { tracks: counts(), ...(error ? { error } : {}) };
    options.onEnd(ended.tracks);
    turning?.reject(hasEnded());
    onEnded?.(ended);
  };

  const hasEnded = (): SipreelError =>
    new SipreelError('recording_ended', `recording ${recording.recordingId} has ended`);

  const turn = (kind: 'pause' | 'resume'): Promise<number> =>
    new Promise((resolve, reject) => {
      if (ended) {
        reject(hasEnded());
        return;
      }
      turning = { resolve, reject };
      thread.post({ kind, key });
    });

  const stop = (): Promise<CaptureResult> =>
    new Promise((resolve) => {
      if (ended) {
        resolve(ended);
        return;
      }
      onEnded = resolve;
      thread.post({ kind: 'stop', key });
    });

  const handleAt = (port: number): CaptureHandle => ({
    port,
    expect(track, source, payloads) {
      thread.post({ kind: 'expect', key, track, source: checkSource(source), payloads });
    },
    update(track, payloads) {
      thread.post({ kind: 'update', key, track, payloads });
    },
    start(t) {
      thread.post({ kind: 'start', key, t });
    },
    pause: () => turn('pause'),
    resume: () => turn('resume'),
    on(listener) {
      const missed = early;
      early = undefined;
      listeners.add(listener);
      for (const event of missed ?? []) hand(listener, event);
      return () => listeners.delete(listener);
    },
    counts,
    levels,
    stop() {
      stopping ??= stop();
      return stopping;
    },
  });

  let key = 0;
  return new Promise((resolve, reject) => {
    const obey = (message: FromThread): void => {
      switch (message.kind) {
        case 'opened':
          resolve(handleAt(message.port));
          return;
        case 'open_failed':
          end(message.error);
          reject(new SipreelError(message.error.code, message.error.message));
          return;
        case 'event':
          if (message.event.event === 'write_failed') {
            log.error({ error: message.event.error }, 'the spool takes no data, the sound is kept in memory');
          } else if (message.event.event === 'write_recovered') {
            log.warn({ dropped: message.event.dropped }, 'the spool takes data again');
          }
          emit(message.event);
          return;
        case 'turned':
          turning?.resolve(message.t);
          return;
        case 'socket_error':
          log.warn({ reason: message.message }, 'receiving failed, the socket goes on');
          return;
        case 'stopped':
          end(message.error);
          return;
        case 'ready':
          return;
        default:
          message satisfies never;
      }
    };
    key = thread.attach({
      onMessage: obey,
      onDied(error) {
        end(error.report());
        emit({ event: 'died', error: error.report() });
        reject(error);
      },
    });
    thread.post({ kind: 'open', key, recording });
  });
};
