import type { Logger } from 'pino';

/** When the file of a recording is gone on with while it lasts. */
export interface PieceTimes {
  /** Idempotent: the recording has ended. */
  close(): void;
}

export interface PieceTimesOptions {
  /** Time between two pieces, ms; 0: none is made before the recording's end. */
  readonly everyMs: number;
  /** Begin of the sound on the recording's clock, ms. */
  readonly startedMs: number;
  /** The recording's clock, ms. */
  readonly now: () => number;
  /** Queues a piece of what arrived until then. */
  readonly add: (untilMs: number) => Promise<void>;
  readonly log: Logger;
}

/** What arrived before that is on the disk, and so is what the journal says of it: written each 450 ms, and a stalled write may take a second. */
const onDiskMs = 2_000;
/** Sound is final this long after it was heard, some frames of the next piece with it. */
const finalMs = 8_000;
/** Recordings that start together are not encoded together: pieces are late by up to this part of the time between them. */
const spread = 0.1;
const longestSpreadMs = 5_000;

/** One piece at the end of each `everyMs` of sound, as soon as that is final. */
export const createPieceTimes = (options: PieceTimesOptions): PieceTimes => {
  const { everyMs, startedMs, now, add, log } = options;
  if (everyMs === 0) return { close: () => undefined };
  const lateMs = onDiskMs + finalMs + Math.random() * Math.min(longestSpreadMs, spread * everyMs);
  let timer: NodeJS.Timeout | undefined;

  const wait = (): void => {
    const past = Math.max(0, Math.floor((now() - startedMs - lateMs) / everyMs));
    timer = setTimeout(due, startedMs + lateMs + (past + 1) * everyMs - now()).unref();
  };

  const due = (): void => {
    // It is made at the end instead; if Redis is away, that is said elsewhere.
    add(now() - onDiskMs).catch((err: unknown) => log.debug({ err }, 'a piece of the recording could not be queued'));
    wait();
  };

  wait();
  return { close: () => clearTimeout(timer) };
};
