import { z } from 'zod';
import { SipreelError } from '../../../errors/error.ts';
import { checkControlId } from '../../../recorder/recording/control-id.ts';
import type { RecordCallParameters } from '../../../recorder/recording/parameters.ts';
import { defineMethod, onward } from '../method.ts';
import { choice, digits, flag, httpUrl, number, text } from '../parameter-types.ts';

/** A timer of Node.js holds no more milliseconds. */
const longestSeconds = 2_147_483;
const timeout = () => number({ min: 0, max: longestSeconds, unit: 'seconds', hint: '0 = off' }).default(0);

/** A control id as the recorder takes it. */
export const controlId = () =>
  text('a control id').superRefine((value, check) => {
    try {
      checkControlId(value);
    } catch (thrown) {
      if (!(thrown instanceof SipreelError)) throw thrown;
      check.addIssue({ code: 'custom', message: thrown.message });
    }
  });

/** The parameters of record_call: what is allowed and what is taken where nothing is given. */
export const recordCallParameters = z.strictObject({
  control_id: controlId().optional(),
  stereo: flag().default(false),
  format: choice(['wav', 'mp3', 'mp4']).default('wav'),
  // hear is the old name of listen.
  direction: z
    .preprocess((value) => (value === 'hear' ? 'listen' : value), choice(['speak', 'listen', 'both']))
    .default('both'),
  terminators: digits().default(''),
  beep: flag().default(false),
  input_sensitivity: number({ min: 0, max: 100 }).default(44),
  initial_timeout: timeout(),
  end_silence_timeout: timeout(),
  max_length: timeout(),
  status_url: httpUrl().optional(),
});

/** Without the keys that are undefined, which RecordCallParameters does not know. */
const asRecordCallParameters = (given: z.output<typeof recordCallParameters>): RecordCallParameters => {
  const { control_id, status_url, ...others } = given;
  return {
    ...others,
    ...(control_id === undefined ? {} : { control_id }),
    ...(status_url === undefined ? {} : { status_url }),
  };
};

/**
 * `record_call`: starts a recording that runs beside the script. Sets record_call_url, record_call_result and
 * record_control_id; to fail to record is a result and the script goes on.
 */
export const recordCall = defineMethod({
  name: 'record_call',
  parameters: recordCallParameters,
  stoppedBy: 'call_end',
  async run(given, { call, log, set }) {
    await call.answer();
    const outcome = await call.recordCall(asRecordCallParameters(given));
    if (outcome.result === 'failed') {
      log.warn({ control_id: outcome.control_id, reason: outcome.reason }, 'record_call failed: the script goes on');
    }
    set({
      record_call_url: outcome.result === 'success' ? outcome.url : '',
      record_call_result: outcome.result,
      record_control_id: outcome.control_id,
    });
    return onward;
  },
});
