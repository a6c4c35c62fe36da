import { z } from 'zod';
import { defineMethod, onward } from '../method.ts';
import { text } from '../parameter-types.ts';
import { recordingNamed } from './stop-record-call.ts';

/**
 * `resume_record_call` (ours): ends the pause of a recording, by default of the one that was started last; with a call_id of
 * one of another call, on whatever node. Sets resume_record_call_result; one that is not paused is a success, one that is unknown
 * or has ended is failed, and the script goes on.
 */
export const resumeRecordCall = defineMethod({
  name: 'resume_record_call',
  parameters: z.strictObject({
    control_id: text('a control id').optional(),
    call_id: text('the id of a call').optional(),
  }),
  short: { scalar: 'control_id' },
  stoppedBy: 'call_end',
  async run({ control_id, call_id }, context) {
    const id = recordingNamed(control_id, context);
    const result = id === undefined ? 'failed' : await context.call.resumeRecordCall(id, call_id);
    context.set({ resume_record_call_result: result });
    return onward;
  },
});
