import { z } from 'zod';
import { SipreelError } from '../../errors/error.ts';
import { checkControlId } from './control-id.ts';
import { longestSeconds, type RecordCallParameters, recordCallDefaults } from './parameters.ts';

/** The parameters of record_call as a program gives them: all may be left out. */
export type GivenParameters = {
  readonly [Name in keyof RecordCallParameters]?: RecordCallParameters[Name] | undefined;
};

const seconds = z.number().min(0).max(longestSeconds).optional();

const schema = z.strictObject({
  control_id: z
    .string()
    .refine((id) => {
      checkControlId(id); // Its own error says more.
      return true;
    })
    .optional(),
  stereo: z.boolean().optional(),
  format: z.enum(['wav', 'mp3', 'mp4']).optional(),
  direction: z.enum(['speak', 'listen', 'both']).optional(),
  terminators: z
    .string()
    .regex(/^[0-9A-Da-d*#]*$/, 'must be digits: 0-9, A-D, * and #')
    .transform((digits) => digits.toUpperCase())
    .optional(),
  beep: z.boolean().optional(),
  input_sensitivity: z.number().min(0).max(100).optional(),
  initial_timeout: seconds,
  end_silence_timeout: seconds,
  max_length: seconds,
  mask_digits: z.boolean().optional(),
  status_url: z
    .string()
    .refine((url) => /^https?:\/\//i.test(url) && URL.canParse(url), 'must be an http:// or https:// URL')
    .optional(),
});

/**
 * The parameters with what is taken where nothing is given: the same names, defaults and limits as in a script.
 * @throws SipreelError control_id_invalid, recording_parameters_invalid with every problem
 */
export const checkRecordCallParameters = (given: GivenParameters): RecordCallParameters => {
  const result = schema.safeParse(given);
  if (!result.success) {
    const problems = result.error.issues.map(
      ({ path, message }) => `${path.length > 0 ? `${path.join('.')}: ` : ''}${message}`,
    );
    throw new SipreelError('recording_parameters_invalid', problems.join('; '), { details: { problems } });
  }
  const known = Object.entries(result.data).filter(([, value]) => value !== undefined);
  return { ...recordCallDefaults, ...Object.fromEntries(known) };
};
