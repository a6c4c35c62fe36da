import { z } from 'zod';
import { defineMethod, onward } from '../method.ts';
import { isPlainObject } from '../path.ts';
import { type JsonSchema, shaped } from '../shape.ts';

const names = z.array(z.string({ error: 'it must be the name of a variable' }), {
  error: 'it must be the name of a variable or a list of names',
});

const vars = (names: JsonSchema) => ({
  type: 'object',
  properties: { vars: names },
  required: ['vars'],
  additionalProperties: false,
});

/** `unset`: takes variables away; what is not set stays so. */
export const unset = defineMethod({
  name: 'unset',
  parameters: z.strictObject({
    variables: shaped(
      z.preprocess((value) => {
        const given = isPlainObject(value) && Object.keys(value).length === 1 && 'vars' in value ? value.vars : value;
        return typeof given === 'string' ? [given] : given;
      }, names),
      () => {
        const one = { type: 'string' };
        const some = { anyOf: [one, { type: 'array', items: one }] };
        return { description: 'the name of a variable or a list of names', anyOf: [...some.anyOf, vars(some)] };
      },
    ),
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
