import { z } from 'zod';
import { defineMethod, onward } from '../method.ts';
import { choice, text } from '../parameter-types.ts';
import { recordingNamed } from './stop-record-call.ts';

/**
 * `pause_record_call` (ours): pauses a recording, by default the one that was started last, with a call_id one of another call on
 * whatever node, and goes on when nothing is recorded any more. Sets pause_record_call_result; one that is paused already is a
 * success, one that is unknown or has ended is failed, and the script goes on.
 */
export const pauseRecordCall = defineMethod({
  name: 'pause_record_call',
  parameters: z.strictObject({
    control_id: text('a control id').optional(),
    call_id: text('the id of a call').optional(),
    behavior: choice(['skip', 'silence']).default('skip'),
  }),
  short: { scalar: 'control_id' },
  stoppedBy: 'call_end',
  async run({ control_id, call_id, behavior }, context) {
    const id = recordingNamed(control_id, context);
    const result = id === undefined ? 'failed' : await context.call.pauseRecordCall(id, behavior, call_id);
    context.set({ pause_record_call_result: result });
    return onward;
  },
});
