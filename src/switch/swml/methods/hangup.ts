import { z } from 'zod';
import { defineMethod } from '../method.ts';
import { choice } from '../parameter-types.ts';

/** `hangup`: ends the call and the script. */
export const hangup = defineMethod({
  name: 'hangup',
  parameters: z.strictObject({ reason: choice(['hangup', 'busy', 'decline']).default('hangup') }),
  short: { scalar: 'reason' },
  stoppedBy: 'nothing',
  last: true,
  async run({ reason }, { call }) {
    try {
      await call.hangup(reason);
    } catch (thrown) {
      // The far end was first: the call is over, which is all that was wanted.
      if (!call.signal.aborted) throw thrown;
    }
    return { go: 'hung_up' };
  },
});
