import { spoolDir } from '../spool/layout.ts';
import type { SpoolContents } from '../spool/read-spool.ts';
import type { StorageName } from '../storage/names.ts';
import { createGrowingFile } from './encode.ts';
import { resolveFfmpeg } from './ffmpeg-binary.ts';
import type { EncodeParts } from './parts.ts';
import { framesAt, type RenderPlan } from './plan.ts';
import { createRendering, type TrackReports } from './rendering.ts';
import { finalAfterMs } from './track-sound.ts';

/** A recording's file in the making, in a scratch file of storage. Methods throw what rendering, encoding and storage throw. */
export interface FileWork {
  /** Absolute path. */
  readonly file: string;
  /** Frames of sound that are in it, or wait for more of their part. */
  readonly frames: number;
  /**
   * Adds what is final by the packets that arrived until `limitMs`; `more` if it was told to stop before there was nothing
   * left to do. Asks `mayGoOn` after each part.
   */
  advance(spool: SpoolContents, plan: RenderPlan, limitMs: number, mayGoOn: () => boolean): Promise<'done' | 'more'>;
  /** Adds the rest of a recording that has ended, and makes it a whole file. */
  finish(spool: SpoolContents, plan: RenderPlan): Promise<TrackReports>;
  /** Ends whatever works for it and removes the scratch file, unless storage has taken it. Idempotent. */
  discard(): Promise<void>;
}

/** Begins the file of a recording, which may go on. */
export const beginFile = async (
  parts: EncodeParts,
  spool: SpoolContents,
  plan: RenderPlan,
  name: StorageName,
  signal: AbortSignal | undefined,
): Promise<FileWork> => {
  const { record } = spool;
  const { bitRates, stallMs, pieceMs } = parts;
  const file = await parts.storage.scratch(name);
  const growing = await createGrowingFile(
    {
      file,
      format: record.format,
      shape: plan.shape,
      metadata: {
        recordingId: record.recording_id,
        callId: record.call_id,
        controlId: record.control_id,
        from: record.from,
        to: record.to,
        startTime: record.start_time,
      },
      expected: plan.frames < Number.POSITIVE_INFINITY ? plan.frames : undefined,
      bitRates,
      stallMs,
      pieceMs,
      signal,
    },
    () => resolveFfmpeg(parts.ffmpeg),
  );
  const rendering = createRendering(spoolDir(parts.spoolRoot, record.recording_id), spool, plan);
  const partsIn = (frames: number): number => Math.floor((frames - growing.overlap) / growing.step);
  let discarding: Promise<void> | undefined;

  return {
    file,
    get frames() {
      return growing.frames;
    },
    async advance(now, nowPlan, limitMs, mayGoOn) {
      rendering.learn(now, nowPlan);
      await growing.check();
      try {
        const goal = partsIn(framesAt(nowPlan, limitMs - finalAfterMs));
        for (let done = partsIn(growing.frames); done < goal; ) {
          const sound = await rendering.next(limitMs);
          if (sound === undefined) return 'done';
          await growing.write(sound);
          signal?.throwIfAborted();
          if (partsIn(growing.frames) === done) continue;
          done = partsIn(growing.frames);
          if (done < goal && !mayGoOn()) return 'more';
        }
        return 'done';
      } finally {
        await rendering.rest();
        await growing.rest();
      }
    },
    async finish(ended, endedPlan) {
      rendering.learn(ended, endedPlan);
      await growing.check();
      try {
        growing.hurry();
        for (;;) {
          const sound = await rendering.next(Number.POSITIVE_INFINITY);
          if (sound === undefined) break;
          await growing.write(sound);
          signal?.throwIfAborted();
        }
        await growing.finish();
        return rendering.reports;
      } finally {
        await rendering.rest();
      }
    },
    discard() {
      discarding ??= (async () => {
        await growing.close();
        await parts.storage.discard(file);
      })();
      return discarding;
    },
  };
};
