import { z } from 'zod';
import { defineMethod, onward } from '../method.ts';
import { text } from '../parameter-types.ts';

/**
 * `stop_tap`: ends a tap, by default the one that was started last. Sets stop_tap_result; one that is unknown or has ended
 * already is failed, and the script goes on.
 */
export const stopTap = defineMethod({
  name: 'stop_tap',
  // Any text is looked up: one that no tap can have is unknown like any other.
  parameters: z.strictObject({ control_id: text('a control id').optional() }),
  short: { scalar: 'control_id' },
  stoppedBy: 'call_end',
  async run({ control_id }, { call, log, get, set }) {
    const last = get('tap_control_id');
    const id = control_id ?? (typeof last === 'string' && last !== '' ? last : undefined);
    if (id === undefined) log.warn('stop_tap: nothing has been tapped in this call');
    set({ stop_tap_result: id === undefined ? 'failed' : await call.stopTap(id) });
    return onward;
  },
});
