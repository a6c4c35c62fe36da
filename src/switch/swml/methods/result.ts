import type { ParameterLoader } from '../method.ts';
import { block } from '../parameter-types.ts';
import { either, shaped, writtenSchema } from '../shape.ts';
import { makeBare } from '../step.ts';
import { cond, listOfConditions, loadBranches } from './cond.ts';
import { loadCases, switchMethod, switchParameters } from './switch.ts';

/** What loadResult makes of a list, written as for `cond`, or of keys with values, as for `switch` without `variable`. */
export const resultBlock = () =>
  shaped(block(), () => either(writtenSchema(conditions), writtenSchema(cases)), { variable: false });

const conditions = shaped(listOfConditions(), (own) => own, { variable: false });
const cases = shaped(switchParameters.partial({ variable: true }), (own) => own, { variable: false });

/** `result` of execute and connect: a switch over return_value if it is keys with values, and a cond if it is a list. */
export const loadResult: ParameterLoader = (node, loader, path) => {
  if (node.kind === 'list') {
    return loader.joined([loader.made(cond, { conditions: loadBranches(node, loader, path) }, path)]);
  }
  if (node.kind === 'scalar') return loader.plain(node);
  const parts = node.entries.map(({ key, value }) => {
    if (key === 'case') return [key, loadCases(value, loader, [...path, key])];
    if (key === 'default') return [key, loader.block(value, [...path, key])];
    return [key, key === 'variable' ? loader.bare(value) : loader.plain(value)];
  });
  // A result that no case is for is no mistake: the switch is there for those that matter.
  const parameters = { variable: makeBare('return_value'), default: loader.joined([]), ...Object.fromEntries(parts) };
  return loader.joined([loader.made(switchMethod, parameters, path)]);
};
