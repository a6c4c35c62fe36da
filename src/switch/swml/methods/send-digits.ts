import { z } from 'zod';
import { defineMethod, onward } from '../method.ts';
import { isOutsideFailure } from '../outside-failure.ts';
import { dialledDigits } from '../parameter-types.ts';

/**
 * `send_digits`: sends digits to the party, as events (RFC 4733), or as tones in the sound where it takes none. Sets
 * send_digits_result (success, failed).
 */
export const sendDigits = defineMethod({
  name: 'send_digits',
  parameters: z.strictObject({ digits: dialledDigits() }),
  short: { scalar: 'digits' },
  stoppedBy: 'call_end',
  async run({ digits }, { call, set, fail, warn }) {
    try {
      await call.sendDigits(digits);
      set({ send_digits_result: 'success' });
    } catch (thrown) {
      if (!isOutsideFailure(thrown, call)) throw thrown;
      set({ send_digits_result: 'failed' });
      warn(fail('relay_script_method_execute_failed', [], `send_digits failed: ${thrown.message}`, thrown));
    }
    return onward;
  },
});
