import { z } from 'zod';
import { defineMethod, onward } from '../method.ts';
import { anyObject } from '../parameter-types.ts';

/** `set`: sets variables; a name may be a path such as `a.b[0]`. */
export const set = defineMethod({
  name: 'set',
  parameters: z.strictObject({ variables: anyObject('variables') }),
  whole: 'variables',
  stoppedBy: 'nothing',
  run({ variables }, { assign, fail }) {
    for (const [name, value] of Object.entries(variables)) {
      const refusal = assign(name, value);
      if (refusal !== undefined) {
        throw fail('relay_script_method_parameter_invalid_value', ['variables', name], `${name} ${refusal}`);
      }
    }
    return onward;
  },
});
