import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkRecordCallParameters } from '../../../src/recorder/recording/check-parameters.ts';
import { asRecordCallParameters, recordCallParameters } from '../../../src/switch/swml/methods/record-call.ts';

test('what is not given has the defaults of record_call', () => {
  expect(checkRecordCallParameters({})).toEqual(asRecordCallParameters(recordCallParameters.parse({})));
  expect(checkRecordCallParameters({ status_url: undefined, stereo: undefined })).not.toHaveProperty('status_url');
});

const seconds = fc.constantFrom(0, 1.5, 60, 2_147_483, 2_147_484, -1, Number.NaN, Number.POSITIVE_INFINITY);
const given = fc.record(
  {
    control_id: fc.constantFrom('a', '', 'x'.repeat(256), 'x'.repeat(257), 'a\nb', '../../etc'),
    stereo: fc.boolean(),
    format: fc.constantFrom('wav', 'mp3', 'mp4', 'ogg'),
    direction: fc.constantFrom('speak', 'listen', 'both', 'neither'),
    terminators: fc.constantFrom('', '#', '0123456789*#ABCD', 'abcd', 'x', '1 2'),
    beep: fc.boolean(),
    input_sensitivity: fc.constantFrom(0, 44, 100, 101, -1),
    initial_timeout: seconds,
    end_silence_timeout: seconds,
    max_length: seconds,
    mask_digits: fc.boolean(),
    status_url: fc.constantFrom('http://a/b', 'https://a', 'ftp://a', 'a', ''),
    unheard_of: fc.constant(1),
  },
  { requiredKeys: [] },
);

test('it takes and refuses what record_call in a script does', () => {
  fc.assert(
    fc.property(given, (values) => {
      const script = recordCallParameters.safeParse(values);
      const check = () => checkRecordCallParameters(values as Parameters<typeof checkRecordCallParameters>[0]);
      if (script.success) expect(check()).toEqual(asRecordCallParameters(script.data));
      else expect(check).toThrow();
    }),
    { numRuns: 500 },
  );
});

test('every problem is told with its name', () => {
  const wrong = { format: 'ogg', max_length: -1, colour: 'red' } as never;
  expect(() => checkRecordCallParameters(wrong)).toThrow(
    expect.objectContaining({
      code: 'recording_parameters_invalid',
      message: expect.stringMatching(/format.*max_length.*colour/),
    }),
  );
  expect(() => checkRecordCallParameters({ control_id: '' })).toThrow(
    expect.objectContaining({ code: 'control_id_invalid' }),
  );
});
