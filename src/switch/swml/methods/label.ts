import { z } from 'zod';
import { defineMethod, onward } from '../method.ts';
import { text } from '../parameter-types.ts';

/** `label`: a place that goto finds; loading a section collects them. */
export const label = defineMethod({
  name: 'label',
  parameters: z.strictObject({ label: text('the name of the label') }),
  short: { scalar: 'label', standard: true },
  stoppedBy: 'nothing',
  run: () => onward,
});
