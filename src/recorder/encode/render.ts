import type { SpoolContents } from '../spool/read-spool.ts';
import type { RenderPlan } from './plan.ts';
import { createRendering, type TrackReports } from './rendering.ts';

/** The sound of a spool that has ended. */
export interface WholeSound {
  /** Interleaved 16-bit PCM in chunks of some seconds at most; `frames` of the plan altogether. Can be read once. */
  readonly pcm: AsyncGenerator<Int16Array, void, undefined>;
  /** Complete once the sound has been read. */
  readonly reports: TrackReports;
}

/** Renders a spool from its begin to its end. Reading throws spool_unreadable. */
export const renderSpool = (dir: string, spool: SpoolContents, plan: RenderPlan): WholeSound => {
  const rendering = createRendering(dir, spool, plan);
  const reports: TrackReports = {};
  async function* pcm(): AsyncGenerator<Int16Array, void, undefined> {
    try {
      for (;;) {
        const sound = await rendering.next(Number.POSITIVE_INFINITY);
        if (sound === undefined) break;
        yield sound;
      }
      Object.assign(reports, rendering.reports);
    } finally {
      await rendering.rest();
    }
  }
  return { pcm: pcm(), reports };
};
