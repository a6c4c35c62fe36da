import { z } from 'zod';
import { defineMethod } from '../method.ts';

/** `return`: goes back to where the section was executed from, with return_value; in main it ends the script. */
export const returnMethod = defineMethod({
  name: 'return',
  parameters: z.strictObject({ value: z.unknown().optional() }),
  whole: 'value',
  stoppedBy: 'nothing',
  last: true,
  run: ({ value }) => ({ go: 'back', value: value ?? '' }),
});
