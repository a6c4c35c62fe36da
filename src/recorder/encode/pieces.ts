import { existsSync } from 'node:fs';
import { asSipreelError } from '../../errors/error.ts';
import { spoolDir } from '../spool/layout.ts';
import { readSpoolSoFar } from '../spool/read-spool.ts';
import { beginFile, type FileWork } from './file-work.ts';
import { isSettled } from './marker.ts';
import { fileNameOf } from './name.ts';
import type { EncodeParts } from './parts.ts';
import { planRender } from './plan.ts';
import { heldRate } from './sound-rate.ts';

/**
 * The files of recordings that go on, as far as they are made. They are what saves time at the end and nothing more: the
 * spool stays the truth, and a file that doesn't fit it, or is lost with its worker, is made anew.
 */
export interface Pieces {
  /**
   * Goes on with a recording's file, up to what arrived until `untilMs` on its clock, for some half a second; `more` if that was
   * not enough. Rejects with what keeps the file from being made; it is then made at the recording's end.
   */
  advance(recordingId: string, untilMs: number): Promise<'done' | 'more'>;
  /** Takes the file out, to be finished or discarded by whoever asks; undefined if there is none. */
  take(recordingId: string): Promise<FileWork | undefined>;
  /** Recordings that have a file in the making. */
  count(): number;
  /** Idempotent: discards all files. */
  close(): Promise<void>;
}

/** A job that has waited for its turn may wait for this one, too, ms. */
const shareMs = 500;
/** A file that did not fit so often is left to the recording's end. */
const mostRestarts = 3;
/** How often files are looked for whose recordings somebody else has finished, ms. */
const lookMs = 60_000;

interface Piece {
  work: FileWork | undefined;
  /** What is done for it now; one thing at a time. */
  busy: Promise<unknown>;
  restarts: number;
  taken: boolean;
}

/** The files that one worker makes while their recordings go on. */
export const createPieces = (parts: EncodeParts, signal: AbortSignal): Pieces => {
  const pieces = new Map<string, Piece>();
  let timer: NodeJS.Timeout | undefined;

  const forget = async (recordingId: string): Promise<void> => {
    const piece = pieces.get(recordingId);
    if (piece === undefined) return;
    pieces.delete(recordingId);
    piece.taken = true;
    await piece.busy;
    await piece.work?.discard();
  };

  const advance = async (piece: Piece, recordingId: string, untilMs: number): Promise<'done' | 'more'> => {
    const dir = spoolDir(parts.spoolRoot, recordingId);
    const spool = await readSpoolSoFar(dir);
    if (spool === undefined || piece.taken || piece.restarts > mostRestarts) return 'done';
    const plan = planRender(spool, await heldRate(dir, spool));
    const since = performance.now();
    const mayGoOn = (): boolean => !piece.taken && performance.now() - since < shareMs;
    try {
      piece.work ??= await beginFile(parts, spool, plan, fileNameOf(spool.record, parts), signal);
      return await piece.work.advance(spool, plan, untilMs, mayGoOn);
    } catch (thrown) {
      const error = asSipreelError(thrown);
      const { work } = piece;
      piece.work = undefined;
      piece.restarts++;
      await work?.discard();
      if (error.code !== 'pieces_misfit') throw error;
      parts.log.warn(
        { call_id: spool.record.call_id, recording_id: recordingId, err: error },
        'the file of a recording is made anew while it goes on',
      );
      return 'more';
    }
  };

  const look = async (): Promise<void> => {
    for (const recordingId of [...pieces.keys()]) {
      const dir = spoolDir(parts.spoolRoot, recordingId);
      if (!existsSync(dir) || (await isSettled(dir))) await forget(recordingId);
    }
  };

  const watch = (): void => {
    timer = setTimeout(() => {
      look()
        .catch((err: unknown) => parts.log.warn({ err }, 'files of ended recordings could not be removed'))
        .finally(() => {
          if (pieces.size > 0 && !signal.aborted) watch();
          else timer = undefined;
        });
    }, lookMs).unref();
  };

  return {
    async advance(recordingId, untilMs) {
      const piece = pieces.get(recordingId) ?? { work: undefined, busy: Promise.resolve(), restarts: 0, taken: false };
      pieces.set(recordingId, piece);
      if (timer === undefined) watch();
      const turn = piece.busy.then(() => advance(piece, recordingId, untilMs));
      piece.busy = turn.catch(() => undefined); // Told to whoever asked.
      return turn;
    },
    async take(recordingId) {
      const piece = pieces.get(recordingId);
      if (piece === undefined) return undefined;
      pieces.delete(recordingId);
      piece.taken = true;
      await piece.busy;
      return piece.work;
    },
    count: () => pieces.size,
    async close() {
      clearTimeout(timer);
      await Promise.all([...pieces.keys()].map(forget));
    },
  };
};
