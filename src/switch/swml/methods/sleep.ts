import { setTimeout as after } from 'node:timers/promises';
import { z } from 'zod';
import { defineMethod, onward } from '../method.ts';
import { number } from '../parameter-types.ts';

/** `sleep`: waits for `duration` milliseconds, or with -1 until the call ends. */
export const sleep = defineMethod({
  name: 'sleep',
  parameters: z.strictObject({
    duration: number({
      min: -1,
      max: 2_147_483_647,
      unit: 'milliseconds',
      whole: true,
      hint: '-1 = until the call ends',
    }),
  }),
  short: { scalar: 'duration', standard: true },
  stoppedBy: 'call_end',
  async run({ duration }, { call }) {
    const { signal } = call;
    if (duration === -1) await new Promise((_, reject) => onceAborted(signal, reject));
    else await after(duration, undefined, { signal });
    return onward;
  },
});

const onceAborted = (signal: AbortSignal, then: (reason: unknown) => void): void =>
  signal.aborted ? then(signal.reason) : signal.addEventListener('abort', () => then(signal.reason), { once: true });
