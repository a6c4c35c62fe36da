import { z } from 'zod';
import { defineMethod, onward } from '../method.ts';
import { number } from '../parameter-types.ts';
import { codecNames } from './offered-media.ts';

/** `answer`: answers the call, with one of `codecs` if the caller has one; `max_duration` seconds later it is ended. */
export const answer = defineMethod({
  name: 'answer',
  parameters: z.strictObject({
    max_duration: number({ min: 1, max: 2_147_483, unit: 'seconds', whole: true }).default(14_400),
    codecs: codecNames().optional(),
    /** For far ends that ask for them; one that has called us does not. */
    username: z.string().optional(),
    password: z.string().optional(),
  }),
  short: { scalar: 'max_duration' },
  stoppedBy: 'call_end',
  async run({ max_duration, codecs }, { call }) {
    await call.answer({ codecs });
    call.limitDuration?.(max_duration);
    return onward;
  },
});
