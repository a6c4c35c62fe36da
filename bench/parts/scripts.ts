import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BenchArguments } from '../arguments.ts';

/** Called numbers. */
export const numbers = { warmUp: 'warm-up', calls: 'calls', recording: 'recording' } as const;

/** Sound runs before the recording starts, as it does in a call that is up. */
const leadSeconds = 0.5;

/** Writes a script for each called number; gives the routes to them. */
export const writeScripts = async (dir: string, given: BenchArguments): Promise<{ to: string; script: string }[]> => {
  const { direction, stereo, format, seconds, warmUp } = given;
  const record = (length: number): object[] => [
    { record_call: { direction, stereo, format } },
    { play: { url: `silence:${length}` } },
    { stop_record_call: {} },
  ];
  const steps = {
    [numbers.warmUp]: record(warmUp),
    [numbers.calls]: [{ play: { url: `silence:${seconds}` } }],
    [numbers.recording]: record(seconds),
  };
  return Promise.all(
    Object.entries(steps).map(async ([to, rest]) => {
      const script = join(dir, `${to}.json`);
      const main = [{ answer: {} }, { play: { url: `silence:${leadSeconds}` } }, ...rest];
      await writeFile(script, JSON.stringify({ version: '1.0.0', sections: { main } }));
      return { to, script };
    }),
  );
};
