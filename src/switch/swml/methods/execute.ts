import { z } from 'zod';
import { defineMethod, type ParameterLoader } from '../method.ts';
import { block } from '../parameter-types.ts';
import { makeBare } from '../step.ts';
import { cond, loadBranches } from './cond.ts';
import { destinationOf, destinationParameters, loadDestination } from './destination.ts';
import { loadCases, switchMethod } from './switch.ts';

/** `result` is a switch over return_value if it is keys with values, and a cond if it is a list. */
const loadResult: ParameterLoader = (node, loader, path) => {
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

/** `execute`: runs a section or another script, comes back with return_value, then runs on_return and result. */
export const execute = defineMethod({
  name: 'execute',
  parameters: z.strictObject({ ...destinationParameters, on_return: block().optional(), result: block().optional() }),
  short: { scalar: 'dest' },
  load: {
    dest: loadDestination,
    on_return: (node, loader, path) => loader.block(node, path),
    result: loadResult,
  },
  stoppedBy: 'nothing',
  run: (given) => ({
    go: 'execute',
    after: [given.on_return, given.result].filter((block) => block !== undefined),
    ...destinationOf(given),
  }),
});
