import { z } from 'zod';
import { defineMethod, onward } from '../method.ts';
import { anyObject } from '../parameter-types.ts';

/** `user_event`: tells whoever listens to the events of calls at that moment. */
export const userEvent = defineMethod({
  name: 'user_event',
  parameters: z.strictObject({ event: anyObject('an event') }),
  stoppedBy: 'nothing',
  run({ event }, { call }) {
    call.userEvent(event);
    return onward;
  },
});
