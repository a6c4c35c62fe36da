import { z } from 'zod';
import { SipreelError } from '../../../errors/error.ts';
import { checkControlId, maxControlIdLength } from '../../../recorder/recording/control-id.ts';
import {
  longestSeconds,
  type RecordCallParameters,
  recordCallDefaults,
} from '../../../recorder/recording/parameters.ts';
import type { RecordingChange } from '../call-port.ts';
import { type Advice, defineMethod, onward } from '../method.ts';
import { choice, digits, flag, httpUrl, number, text } from '../parameter-types.ts';
import { shaped } from '../shape.ts';

/** Seconds, 0 = off. */
export const timeout = () => number({ min: 0, max: longestSeconds, unit: 'seconds', hint: '0 = off' });

/** Whose sound; hear is the old name of listen. */
export const direction = () =>
  shaped(
    z.preprocess((value) => (value === 'hear' ? 'listen' : value), choice(['speak', 'listen', 'both'])),
    () => ({ enum: ['speak', 'listen', 'both', 'hear'] }),
  );

/** A control id as the recorder takes it. */
export const controlId = () =>
  shaped(
    text('a control id').superRefine((value, check) => {
      try {
        checkControlId(value);
      } catch (thrown) {
        if (!(thrown instanceof SipreelError)) throw thrown;
        check.addIssue({ code: 'custom', message: thrown.message });
      }
    }),
    () => ({
      description: 'a control id',
      type: ['string', 'number', 'boolean'],
      minLength: 1,
      maxLength: maxControlIdLength,
      pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]*$',
    }),
  );

/** The parameters of record_call: what is allowed and what is taken where nothing is given. */
export const recordCallParameters = z.strictObject({
  control_id: controlId().optional(),
  stereo: flag().default(recordCallDefaults.stereo),
  format: choice(['wav', 'mp3', 'mp4']).default(recordCallDefaults.format),
  direction: direction().default(recordCallDefaults.direction),
  terminators: digits().default(recordCallDefaults.terminators),
  beep: flag().default(recordCallDefaults.beep),
  input_sensitivity: number({ min: 0, max: 100 }).default(recordCallDefaults.input_sensitivity),
  initial_timeout: timeout().default(recordCallDefaults.initial_timeout),
  end_silence_timeout: timeout().default(recordCallDefaults.end_silence_timeout),
  max_length: timeout().default(recordCallDefaults.max_length),
  // Ours.
  mask_digits: flag().default(recordCallDefaults.mask_digits),
  status_url: httpUrl().optional(),
});

/** Without the keys that are undefined, which RecordCallParameters does not know. */
export const asRecordCallParameters = (
  given: Omit<z.output<typeof recordCallParameters>, 'control_id'> & { readonly control_id?: string | undefined },
): RecordCallParameters => {
  const { control_id, status_url, ...others } = given;
  return {
    ...others,
    ...(control_id === undefined ? {} : { control_id }),
    ...(status_url === undefined ? {} : { status_url }),
  };
};

/** Two channels are of use only where there are two directions. */
export const uselessStereo = (given: { readonly stereo: boolean; readonly direction: string }): readonly Advice[] =>
  given.stereo && given.direction !== 'both'
    ? [{ parameter: 'stereo', text: `a recording of ${given.direction} alone has one channel: stereo changes nothing` }]
    : [];

const variablesOf = (change: RecordingChange): Readonly<Record<string, string>> => ({
  record_call_state: change.state,
  record_call_end_reason: 'end_reason' in change ? change.end_reason : '',
});

/**
 * `record_call`: starts a recording that runs beside the script. Sets record_call_url, record_call_result and
 * record_control_id; to fail to record is a result and the script goes on. Ours: record_call_state (recording, paused,
 * finishing, finished, no_input, error) and record_call_end_reason change with the recording that was started last.
 */
export const recordCall = defineMethod({
  name: 'record_call',
  parameters: recordCallParameters,
  stoppedBy: 'call_end',
  advice: uselessStereo,
  async run(given, { call, log, get, set }) {
    await call.answer();
    let url: string | undefined;
    /** What came before the variables were set. */
    let early: RecordingChange | undefined;
    const outcome = await call.recordCall(asRecordCallParameters(given), (change) => {
      early = change;
      // The variables are those of a later recording, or the script has taken them away.
      if (url === undefined || get('record_call_url') !== url) return;
      set(variablesOf(change));
    });
    if (outcome.result === 'failed') {
      log.warn({ control_id: outcome.control_id, reason: outcome.reason }, 'record_call failed: the script goes on');
    }
    set({
      record_call_url: outcome.result === 'success' ? outcome.url : '',
      record_call_result: outcome.result,
      // The recording that was started last, which stop_record_call means, stays that one if this one was not started.
      ...(outcome.result === 'success' ? { record_control_id: outcome.control_id } : {}),
      record_call_state: 'recording',
      record_call_end_reason: '',
      ...(outcome.result === 'failed'
        ? variablesOf({ state: 'error', end_reason: 'error' })
        : early && variablesOf(early)),
    });
    if (outcome.result === 'success') url = outcome.url;
    return onward;
  },
});
