import { z } from 'zod';
import { defineMethod, onward } from '../method.ts';
import { number } from '../parameter-types.ts';

/** `answer`: answers the call; `max_duration` seconds later it is ended. */
export const answer = defineMethod({
  name: 'answer',
  parameters: z.strictObject({
    max_duration: number({ min: 1, max: 2_147_483, unit: 'seconds', whole: true }).default(14_400),
  }),
  refused: ['codecs', 'username', 'password'],
  short: { scalar: 'max_duration' },
  stoppedBy: 'call_end',
  async run({ max_duration }, { call }) {
    await call.answer();
    call.limitDuration?.(max_duration);
    return onward;
  },
});
