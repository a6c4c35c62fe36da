import type { SipreelError } from '../../../errors/error.ts';
import { isPlainObject, ownValue } from '../path.ts';
import { scriptError } from '../script-error.ts';
import { placeOf, type Step } from '../step.ts';
import { createVariables } from '../variables.ts';
import { varies } from './texts.ts';

/** Names of variables that set and unset can't have. */
export const checkNames = (step: Step): readonly SipreelError[] => {
  const { name } = step.method;
  if (name !== 'set' && name !== 'unset') return [];
  const given = ownValue(step.parameters, 'variables');
  const names = isPlainObject(given) ? Object.keys(given) : Array.isArray(given) ? given : [given];
  const nobody = createVariables({ call: () => ({}) });
  return names.flatMap((variable): SipreelError[] => {
    if (typeof variable !== 'string' || (name === 'unset' && varies(variable))) return [];
    const refusal = nobody.unset(variable);
    if (refusal === undefined) return [];
    const place = placeOf(step, name === 'set' ? ['variables', variable] : ['variables']);
    return [scriptError('relay_script_method_parameter_invalid_value', place, `${variable} ${refusal}`)];
  });
};
