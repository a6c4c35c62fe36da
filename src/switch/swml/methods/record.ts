import { defineMethod, onward } from '../method.ts';
import { digits } from '../parameter-types.ts';
import { asRecordCallParameters, direction, recordCallParameters, timeout, uselessStereo } from './record-call.ts';

/** record_call's parameters with the defaults of a voice mail. It has no name: while it runs, nobody can stop it by one. */
const parameters = recordCallParameters.omit({ control_id: true }).extend({
  direction: direction().default('speak'),
  terminators: digits().default('#'),
  initial_timeout: timeout().default(4),
  end_silence_timeout: timeout().default(5),
});

/**
 * `record`: records, and goes on when the recording has ended and can be played. Sets record_url, record_result
 * (success, no_input or failed) and record_end_reason; to fail to record is a result and the script goes on. Recordings
 * that record_call has started go on beside it, and keep their variables.
 */
export const record = defineMethod({
  name: 'record',
  parameters,
  stoppedBy: 'call_end',
  advice: uselessStereo,
  async run(given, { call, log, set }) {
    await call.answer();
    const started = await call.recordCall(asRecordCallParameters(given));
    if (started.result === 'failed') {
      log.warn({ reason: started.reason }, 'record failed: the script goes on');
      set({ record_url: '', record_result: 'failed', record_end_reason: 'error' });
      return onward;
    }
    const { state, end_reason } = await call.recordingEnded(started.control_id);
    const results = { finished: 'success', no_input: 'no_input', error: 'failed', finishing: 'failed' } as const;
    set({ record_url: started.url, record_result: results[state], record_end_reason: end_reason });
    return onward;
  },
});
