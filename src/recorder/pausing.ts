import { SipreelError } from '../errors/error.ts';
import { statusEvent } from './recording/events.ts';
import { type Pause, type PauseAnswer, type PauseBehavior, withPause, withResume } from './recording/pauses.ts';
import type { RunningParts } from './running-recording.ts';

/** What a recording does as long as it lasts. */
export type Turn = 'recording' | 'paused';

/** The pauses of a running recording. */
export interface Pausing {
  /** In order; the last one may last still. */
  pauses(): readonly Pause[];
  /**
   * Resolves when it is in force: nothing that arrives from then on reaches the disk. One that is paused stays as it is.
   * @throws SipreelError recording_ended
   */
  pause(behavior: PauseBehavior): Promise<PauseAnswer>;
  /** Resolves when sound is recorded again. @throws SipreelError recording_ended */
  resume(): Promise<PauseAnswer>;
  /** Resolves when the registry was told of all turns so far, or could not be. */
  registered(): Promise<void>;
  /** Calls the listener at each turn, as soon as it is in force. */
  watch(listener: (turn: Turn) => void): void;
}

/** What the recording itself keeps: its life. */
interface Life {
  now(): Turn | 'ended';
  move(turn: Turn): void;
}

/** Pauses and resumes, one request after the other, and tells journal, registry and status_url of it. */
export const createPausing = ({ parts, record, spool, handle, log }: RunningParts, life: Life): Pausing => {
  const listeners: ((turn: Turn) => void)[] = [];
  let pauses: readonly Pause[] = [];
  /** The event of the beginning is the first. */
  let events = 1;
  let lastTurn: Promise<unknown> = Promise.resolve();
  let told: Promise<void> = Promise.resolve();

  const ended = (): SipreelError =>
    new SipreelError('recording_ended', `recording ${record.recording_id} has ended`, {
      details: { recording_id: record.recording_id, control_id: record.control_id },
    });

  const answer = (turn: Turn, changed: boolean): PauseAnswer => {
    const behavior = pauses.at(-1)?.behavior;
    return { state: turn, changed, ...(turn === 'paused' && behavior !== undefined ? { behavior } : {}) };
  };

  const tell = (turn: Turn, behavior: PauseBehavior, at: number): void => {
    const id = record.recording_id;
    told = told
      .then(() =>
        turn === 'paused'
          ? parts.registry.pause(id, { paused_at: at, pause_behavior: behavior })
          : parts.registry.resume(id),
      )
      .catch((err: unknown) => log.warn({ err, state: turn }, 'the registry was not told of a pause or a resume'));
    events++;
    parts.notifier
      .owe(statusEvent(record, turn, { number: events, timestamp: at, pause_behavior: behavior }), record.status_url)
      .catch((err: unknown) => log.error({ err }, 'the status event could not be kept'));
  };

  const turnTo = async (turn: Turn, behavior: PauseBehavior): Promise<PauseAnswer> => {
    if (life.now() === turn) return answer(turn, false);
    if (life.now() === 'ended') throw ended();
    const t = await (turn === 'paused' ? handle.pause() : handle.resume());
    // It may have been stopped while its thread was asked.
    if (life.now() === 'ended') throw ended();
    pauses = turn === 'paused' ? withPause(pauses, t, behavior) : withResume(pauses, t);
    life.move(turn);
    const entry = turn === 'paused' ? ({ event: 'paused', t, behavior } as const) : ({ event: 'resumed', t } as const);
    const written = spool.journal.append(entry);
    log.info(
      { behavior: pauses.at(-1)?.behavior, seconds: Math.round(t) / 1000 },
      turn === 'paused' ? 'paused' : 'resumed',
    );
    tell(turn, behavior, record.start_time + t / 1000);
    for (const listener of listeners) listener(turn);
    await written;
    return answer(turn, true);
  };

  const inTurn = (turn: Turn, behavior: PauseBehavior): Promise<PauseAnswer> => {
    const answered = lastTurn.then(() => turnTo(turn, behavior));
    lastTurn = answered.catch(() => undefined); // Whoever asked has the error.
    return answered;
  };

  return {
    pauses: () => pauses,
    pause: (behavior) => inTurn('paused', behavior),
    resume: () => inTurn('recording', 'skip'),
    registered: () => told,
    watch: (listener) => void listeners.push(listener),
  };
};
