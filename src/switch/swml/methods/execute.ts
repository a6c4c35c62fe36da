import { z } from 'zod';
import { defineMethod } from '../method.ts';
import { block } from '../parameter-types.ts';
import { destinationOf, destinationParameters, loadDestination } from './destination.ts';
import { loadResult, resultBlock } from './result.ts';

/** `execute`: runs a section or another script, comes back with return_value, then runs on_return and result. */
export const execute = defineMethod({
  name: 'execute',
  parameters: z.strictObject({
    ...destinationParameters,
    on_return: block().optional(),
    result: resultBlock().optional(),
  }),
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
