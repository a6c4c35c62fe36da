import { z } from 'zod';
import { defineMethod, onward, type ParameterLoader } from '../method.ts';
import { bare, block } from '../parameter-types.ts';
import { shown } from '../script-error.ts';
import { shaped, shapeOf } from '../shape.ts';
import { textOf } from '../template.ts';

/** Cases as they are written: a value for each list of steps. */
export const loadCases: ParameterLoader = (node, loader, path) =>
  node.kind === 'map'
    ? Object.fromEntries(node.entries.map(({ key, value }) => [key, loader.block(value, [...path, key])]))
    : loader.plain(node);

export const switchParameters = z.strictObject({
  variable: bare('the name of a variable'),
  case: shaped(
    z.record(z.string(), block(), { error: 'it must be values with lists of steps' }),
    () => ({ type: 'object', additionalProperties: shapeOf.steps }),
    { variable: false },
  ),
  default: block().optional(),
});

/**
 * `switch`: the steps of the case that equals the variable as text, else those of `default`. Where there is neither,
 * that is a warning and the script goes on.
 */
export const switchMethod = defineMethod({
  name: 'switch',
  parameters: switchParameters,
  load: {
    variable: (node, loader) => loader.bare(node),
    case: loadCases,
    default: (node, loader, path) => loader.block(node, path),
  },
  stoppedBy: 'call_end',
  async run({ variable, case: cases, default: otherwise }, { evaluate, fail, warn }) {
    const value = textOf(await evaluate(variable, ['variable']));
    const found = Object.hasOwn(cases, value) ? cases[value] : otherwise;
    if (found) return { go: 'into', block: found };
    const known = Object.keys(cases).map(shown).join(', ');
    const text = `${variable.text} is ${shown(value)}; there is no default, and the cases are ${known}`;
    warn(fail('relay_script_method_no_matching_condition', ['variable'], text));
    return onward;
  },
});
