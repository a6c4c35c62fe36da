import { z } from 'zod';
import { defineMethod, onward, type StepContext } from '../method.ts';
import { text } from '../parameter-types.ts';

/** The control id that was given, else that of the recording that was started last; undefined, and a warning, if there is none. */
export const recordingNamed = (given: string | undefined, { get, log }: StepContext): string | undefined => {
  const last = get('record_control_id');
  const id = given ?? (typeof last === 'string' && last !== '' ? last : undefined);
  if (id === undefined) log.warn('no control_id is given, and nothing has been recorded in this call');
  return id;
};

/**
 * `stop_record_call`: stops a recording, by default the one that was started last, and waits until it is playable. Ours:
 * with a call_id it stops one of another call, on whatever node.
 * Sets stop_record_call_result; one that is unknown or has ended already is failed, and the script goes on.
 */
export const stopRecordCall = defineMethod({
  name: 'stop_record_call',
  // Any text is looked up: one that no recording can have is unknown like any other.
  parameters: z.strictObject({
    control_id: text('a control id').optional(),
    // Ours.
    call_id: text('the id of a call').optional(),
  }),
  short: { scalar: 'control_id' },
  stoppedBy: 'call_end',
  async run({ control_id, call_id }, context) {
    const { call, set } = context;
    const id = recordingNamed(control_id, context);
    set({ stop_record_call_result: id === undefined ? 'failed' : await call.stopRecordCall(id, call_id) });
    return onward;
  },
});
