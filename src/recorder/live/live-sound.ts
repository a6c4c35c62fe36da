import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PcmShape } from '../encode/formats.ts';
import { planRender, type RenderPlan } from '../encode/plan.ts';
import { createRendering } from '../encode/rendering.ts';
import { filePace, type Pace } from '../encode/track-sound.ts';
import { parseJournal } from '../spool/journal-file.ts';
import { journalPath } from '../spool/layout.ts';
import { type SpoolContents, spoolSoFar } from '../spool/read-spool.ts';

/** A recording that is to be heard while it lasts. */
export interface LiveSource {
  /** Its spool. */
  readonly dir: string;
  /** Its clock, ms. */
  readonly now: () => number;
  /** The whole recording, or what is said from now on. */
  readonly from: 'start' | 'now';
  /** Nobody listens any more. */
  readonly signal: AbortSignal;
}

/** The sound of a recording, as far as it has come. */
export interface LiveSound {
  readonly shape: PcmShape;
  /** Interleaved 16-bit PCM; undefined once the recording has ended, or the signal says so. @throws SipreelError spool_unreadable */
  next(): Promise<Int16Array | undefined>;
  close(): Promise<void>;
}

/** Capture writes each 450 ms at the latest, and a write takes its time. */
const onDiskMs = 600;
/** What jitter may take; what comes later is missing for those who listen, and there in the file. */
const pace: Pace = {
  ...filePace,
  lookAheadMs: 120,
  longestStallMs: 200,
  turnMs: 100,
  quietMs: 300,
  onDiskMs,
  lenient: true,
};
/** How often the disk is looked at, ms. */
const pollMs = 60;

/**
 * Follows a recording on the disk of its node. Its files are held open, so that it is heard to its end although its spool is
 * removed meanwhile. Undefined if it has not begun. @throws SipreelError spool_unreadable
 */
export const openLiveSound = async ({ dir, now, from, signal }: LiveSource): Promise<LiveSound | undefined> => {
  const journal = await open(journalPath(dir), 'r');
  let journalBytes = 0;

  /** What the journal says, if it has grown since it was asked last. */
  const news = async (): Promise<SpoolContents | undefined> => {
    const { size } = await journal.stat();
    if (size === journalBytes) return undefined;
    const buffer = Buffer.alloc(size);
    const { bytesRead } = await journal.read(buffer, 0, size, 0);
    journalBytes = bytesRead;
    return spoolSoFar(parseJournal(buffer.toString('utf8', 0, bytesRead)));
  };

  const begin = async () => {
    const spool = await news();
    if (spool === undefined) return undefined;
    const first = planRender(spool);
    const fromMs = from === 'now' ? now() : undefined;
    /** The rate stays as it began, and what follows is as long as it lasts. */
    const planOf = (contents: SpoolContents): RenderPlan => ({
      ...planRender(contents),
      shape: first.shape,
      startMs: fromMs ?? first.startMs,
      frames: Number.POSITIVE_INFINITY,
    });
    const plan = planOf(spool);
    const rendering = createRendering(dir, spool, plan, fromMs === undefined ? pace : { ...pace, fromMs });
    return { rendering, planOf, shape: plan.shape };
  };

  const begun = await begin().catch(async (error: unknown) => {
    await journal.close();
    throw error;
  });
  if (begun === undefined) {
    await journal.close();
    return undefined;
  }
  const { rendering, planOf, shape } = begun;
  let ended = false;

  return {
    shape,
    async next() {
      while (!signal.aborted) {
        const sound = await rendering.next(ended ? Number.POSITIVE_INFINITY : now());
        if (sound !== undefined || ended) return sound;
        const spool = await news();
        if (spool !== undefined) {
          rendering.learn(spool, planOf(spool));
          ended = spool.stopMs < Number.POSITIVE_INFINITY;
        } else await sleep(pollMs);
      }
      return undefined;
    },
    async close() {
      await rendering.rest();
      await journal.close();
    },
  };
};
