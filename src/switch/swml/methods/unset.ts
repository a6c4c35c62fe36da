import { z } from 'zod';
import { defineMethod, onward } from '../method.ts';
import { isPlainObject } from '../path.ts';

const names = z.array(z.string({ error: 'it must be the name of a variable' }), {
  error: 'it must be the name of a variable or a list of names',
});

/** `unset`: takes variables away; what is not set stays so. */
export const unset = defineMethod({
  name: 'unset',
  parameters: z.strictObject({
    variables: z.preprocess((value) => {
      const given = isPlainObject(value) && Object.keys(value).length === 1 && 'vars' in value ? value.vars : value;
      return typeof given === 'string' ? [given] : given;
    }, names),
  }),
  whole: 'variables',
  stoppedBy: 'nothing',
  run({ variables }, { unset: take, fail }) {
    for (const name of variables) {
      const refusal = take(name);
      if (refusal !== undefined) {
        throw fail('relay_script_method_parameter_invalid_value', ['variables'], `${name} ${refusal}`);
      }
    }
    return onward;
  },
});
