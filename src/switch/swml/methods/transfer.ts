import { z } from 'zod';
import { defineMethod } from '../method.ts';
import { destinationOf, destinationParameters, loadDestination } from './destination.ts';

/** `transfer`: goes on in a section or another script and does not come back. */
export const transfer = defineMethod({
  name: 'transfer',
  parameters: z.strictObject(destinationParameters),
  short: { scalar: 'dest' },
  load: { dest: loadDestination },
  stoppedBy: 'nothing',
  last: true,
  run: (given) => ({ go: 'transfer', ...destinationOf(given) }),
});
