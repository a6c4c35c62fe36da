import type { Logger } from 'pino';
import type { PayloadMap } from '../rtp/payload.ts';
import type { CaptureEvent } from './capture/capture-event.ts';
import type { CaptureHandle } from './capture/capture-handle.ts';
import { monotonicMs } from './capture/clock.ts';
import type { Levels } from './capture/level-meter.ts';
import { whenWritten, withPatience } from './disk-patience.ts';
import type { Fork } from './fork/fork.ts';
import type { RecorderOptions, RecorderParts } from './parts.ts';
import { createPausing, type Pausing } from './pausing.ts';
import { createPieceTimes } from './piece-times.ts';
import type { KeyPress } from './recording/key-press.ts';
import { type Hearings, hear, nextLimit } from './recording/limits.ts';
import { type MaskedPress, maskOf, masksDigits } from './recording/masks.ts';
import type { RecordCallParameters, TrackName } from './recording/parameters.ts';
import type { EndReason, RecordingRecord } from './recording/record.ts';
import { newborn, step } from './recording/state.ts';
import type { Spool } from './spool/spool.ts';

/** A recording of this process, from the moment sound is captured. */
export interface ActiveRecording extends Omit<Pausing, 'pauses'> {
  readonly id: string;
  readonly callId: string;
  readonly controlId: string;
  /** record_call_url. */
  readonly url: string;
  readonly record: RecordingRecord;
  /** Where it is on the disk, and its clock. */
  readonly spool: Pick<Spool, 'dir' | 'epoch'>;
  /** The sound of keys is made silent in its file. */
  readonly masksDigits: boolean;
  /** Why it ended, as soon as its sound is on disk, or waits in memory for one that takes nothing; never rejects. */
  readonly captured: Promise<EndReason>;
  /** True from the moment it was asked to stop. */
  ended(): boolean;
  /** A key that the party has pressed, told once for the call; one from before the recording's start means another. */
  pressed(key: KeyPress): void;
  /**
   * Ends it: the first reason counts. Resolves when its sound is on disk and its file is being made; if the disk takes nothing for
   * now, that goes on without whoever waits here. Never rejects: what Redis could not be told is owed and told later.
   */
  stop(reason: EndReason): Promise<void>;
  /** What a direction's payload types mean from now on: after a re-INVITE, or because somebody else is the peer. */
  mediaChanged(track: TrackName, payloads: PayloadMap): void;
  /** That side holds the call, or does not any more: for those who hear the file. */
  holdChanged(track: TrackName, held: boolean): void;
  /** How loud each direction was since this was last asked, dB of full scale; it is measured for some seconds after each question. */
  levels(): Levels;
}

/** What the one who starts a recording gives it and is told of it. */
export interface RecordingLife {
  readonly recordingId: string;
  /** Its forks have heard a key of the party's: pressed() is told of it if nobody has told of it before. */
  readonly onKey: (key: KeyPress) => void;
  /** Capture is over: the control ID is free. */
  readonly onCaptured: () => void;
  /** The encode job is queued, or owed: the spool is nobody's. */
  readonly onOver: () => void;
}

/** All that a recording needs from its first sample to its encode job. */
export interface RunningParts {
  readonly parts: RecorderParts;
  readonly options: RecorderOptions;
  readonly parameters: RecordCallParameters;
  readonly record: RecordingRecord;
  readonly spool: Spool;
  readonly handle: CaptureHandle;
  readonly forks: readonly Fork[];
  readonly log: Logger;
  readonly life: RecordingLife;
}

/** From the first captured sample to the encode job: limits, digits, the end. */
export const runRecording = (running: RunningParts): ActiveRecording => {
  const { parameters, record, spool, handle, log } = running;
  const startedMs = spool.now();
  const epochMs = monotonicMs(spool.epoch);
  void spool.journal.append({ event: 'started', t: startedMs });
  handle.start(startedMs);
  log.info({ format: record.format, direction: record.direction, stereo: record.stereo }, 'recording');

  const pieceTimes = createPieceTimes({
    everyMs: running.options.pieceMs ?? 60_000,
    startedMs,
    now: spool.now,
    add: (untilMs) => running.parts.queue.addPiece(record.recording_id, untilMs),
    log,
  });

  let heard: Hearings = {};
  let timer: NodeJS.Timeout | undefined;
  let life = step(newborn, { event: 'started' }).life;
  let stopping: Promise<void> = Promise.resolve();
  let onCaptured: (reason: EndReason) => void = () => undefined;
  const captured = new Promise<EndReason>((resolve) => {
    onCaptured = resolve;
  });

  const stopAt = (reason: EndReason, t: number): Promise<void> => {
    const next = step(life, { event: 'end', reason });
    if (next.refused !== undefined) {
      log.debug({ reason, refused: next.refused }, 'the recording is asked to end again');
      return stopping;
    }
    life = next.life;
    clearTimeout(timer);
    pieceTimes.close();
    let isWritten = false;
    let isFree = false;
    /** Nothing is captured any more; told once, as the control ID may be another's by the next time. */
    const free = (): void => {
      if (!isFree) running.life.onCaptured();
      isFree = true;
    };
    const written = (): void => {
      isWritten = true;
    };
    const over = finish(running, startedMs, { reason, t, captured: free, written })
      .catch((err: unknown) =>
        log.error({ err }, 'the end could not be written: the sound is in the spool and becomes a file later'),
      )
      .finally(() => running.life.onOver());
    stopping = withPatience(over, () => isWritten).then(() => {
      free();
      onCaptured(reason);
    });
    return stopping;
  };

  const ended = (): boolean => life.state !== 'recording' && life.state !== 'paused';

  const pausing = createPausing(running, {
    now: () => (life.state === 'recording' || life.state === 'paused' ? life.state : 'ended'),
    move(turn) {
      life = step(life, { event: turn === 'paused' ? 'pause' : 'resume' }).life;
    },
  });

  const watchLimit = (): void => {
    clearTimeout(timer);
    const due = ended() ? undefined : nextLimit(parameters, startedMs, heard, pausing.pauses());
    if (!due) return;
    const wait = due.decideAt - spool.now();
    if (wait <= 0) void stopAt(due.reason, due.t);
    // A process that was held up has messages waiting: they are read before the decision.
    else timer = setTimeout(() => setImmediate(watchLimit), Math.min(Math.ceil(wait), longestTimerMs));
  };

  const speech = (event: Extract<CaptureEvent, { event: 'speech' }>): void => {
    if (ended()) return;
    const now = hear(parameters, startedMs, heard, event, pausing.pauses());
    if ('due' in now) return void stopAt(now.due.reason, now.due.t);
    heard = now.heard;
    watchLimit();
  };

  const mask = (press: MaskedPress): void => {
    if (!masksDigits(parameters)) return;
    void spool.journal.append({ event: 'masked', t: spool.now(), track: 'speak', ...maskOf(press) });
  };

  handle.on((event: CaptureEvent) => {
    switch (event.event) {
      case 'digit':
        mask(event);
        if (event.via === 'inband' && running.options.inbandDigits !== true) return;
        running.life.onKey({
          digit: event.digit,
          via: event.via,
          at: epochMs + event.tEnd,
          durationMs: event.tEnd - event.tStart,
        });
        return;
      case 'speech':
        speech(event);
        return;
      case 'first_packet':
        log.info({ track: event.track, after_ms: Math.round(event.t) }, 'first packet');
        return;
      case 'write_failed':
      case 'write_recovered':
        return; // Capture goes on by itself, and has logged it.
      case 'overflowed':
        log.error(
          { error: event.error },
          'sound is lost: the recording ends with what is on the disk, the call goes on',
        );
        void stopAt('error', spool.now());
        return;
      case 'died':
        log.error({ error: event.error }, 'the recording ends with what is on the disk');
        void stopAt('error', spool.now());
        return;
    }
  });
  pausing.watch(watchLimit);
  watchLimit();

  const { pause, resume, registered, watch } = pausing;
  return {
    id: record.recording_id,
    callId: record.call_id,
    controlId: record.control_id,
    url: record.url,
    record,
    spool,
    masksDigits: masksDigits(parameters),
    captured,
    ended,
    pause,
    resume,
    registered,
    watch,
    pressed({ digit, via, at, durationMs }) {
      const t = at - epochMs;
      // Keys that come as RTP events are in the tracks.
      if (!ended() && t >= startedMs && via !== 'rfc4733') {
        void spool.journal.append({ event: 'key', t: t - durationMs });
      }
      // Its fork has told it of the others.
      if (!ended() && via === 'info') mask({ via, tStart: t - durationMs, tEnd: t });
      if (ended() || t < startedMs || !parameters.terminators.includes(digit)) return;
      log.info({ via }, 'a terminator was pressed');
      void stopAt('terminator', Math.min(t, spool.now()));
    },
    stop: (reason) => stopAt(reason, spool.now()),
    levels: handle.levels,
    holdChanged(track, held) {
      if (!ended()) void spool.journal.append({ event: 'hold', t: spool.now(), track, held });
    },
    mediaChanged(track, payloads) {
      const fork = running.forks.find((each) => each.track === track);
      if (ended() || !fork) return;
      handle.update(track, payloads);
      void spool.journal.append({ event: 'sdp', t: spool.now(), track, payloads });
      fork
        .changed(payloads)
        .catch((err: unknown) =>
          log.error({ err, track }, 'a direction cannot be copied in its new codec: it is silent'),
        );
    },
  };
};

/** setTimeout takes no more; a later limit is looked at again then. */
const longestTimerMs = 2_147_483_647;

/** How a recording ends, and who is told of what is done. */
interface End {
  readonly reason: EndReason;
  readonly t: number;
  captured(): void;
  /** All that was captured, and the journal, is on the disk. */
  written(): void;
}

const finish = async (running: RunningParts, startedMs: number, { reason, t, ...told }: End): Promise<void> => {
  const { parts, record, spool, handle, forks, log } = running;
  const id = record.recording_id;
  const forksClosed = Promise.all(forks.map((fork) => fork.close()));
  const { tracks, error } = await handle.stop();
  if (error) log.error({ error }, 'not all of the sound is on the disk');
  told.captured();
  try {
    await spool.journal.append({ event: 'stopped', t, reason });
    await spool.journal.append({ event: 'captured', t: spool.now(), tracks });
    await whenWritten(spool.journal);
  } finally {
    await spool.journal.close();
  }
  told.written();
  log.info({ end_reason: reason, seconds: Math.round(t - startedMs) / 1000, tracks }, 'captured');
  await parts.registry
    .finishing(id, { end_reason: reason, end_time: record.start_time + t / 1000 })
    .catch((err: unknown) => log.warn({ err }, 'the registry was not told of the end: the encode job tells it'));
  await parts.queue
    .add(id)
    .catch((err: unknown) => log.warn({ err }, 'the encode job could not be queued: it is owed and queued later'));
  await forksClosed;
};
