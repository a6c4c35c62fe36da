import { longCalls, recordLongCall } from '../../test/sound/hours.ts';
import type { Chapter, Kept } from './promise.ts';

/** The promise for both: a packet of the usual length. */
const syncMs = 20;

/** Hours of calls through the real capture and track code, by simulated clocks. */
export const longCallChapter: Chapter = {
  title: 'Length and sync, after an hour',
  async measure(folder) {
    const rows: Kept[] = [];
    for (const call of Object.values(longCalls)) {
      const { lengthMs, apartMs, worstMs, found, said } = await recordLongCall(folder, call);
      const worst = Math.max(worstMs.speak, worstMs.listen);
      rows.push({
        promise: `${call.name}: the file is as long as the clock; left is with right, and both with the clock, at each point`,
        limit: `${syncMs} ms each`,
        measured: `${lengthMs.toFixed(3)}, ${apartMs.toFixed(1)} and ${worst.toFixed(1)} ms (${found} of ${said} marks came through the loss)`,
        kept: Math.max(lengthMs, apartMs, worst) <= syncMs,
      });
    }
    return rows;
  },
};
