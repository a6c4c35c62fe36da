import { z } from 'zod';
import { defineMethod, onward } from '../method.ts';
import { bare, number, text } from '../parameter-types.ts';

/** `goto`: goes on at a label of the same section, if `when` is true, at most `max` times. */
export const goto = defineMethod({
  name: 'goto',
  parameters: z.strictObject({
    label: text('a label of this section'),
    when: bare('a JavaScript condition').optional(),
    max: number({ min: 1, max: 100, whole: true }).default(100),
  }),
  short: { scalar: 'label' },
  load: { when: (node, loader) => loader.bare(node) },
  stoppedBy: 'call_end',
  async run({ label, when, max }, { evaluate }) {
    if (when && !(await evaluate(when, ['when']))) return onward;
    return { go: 'to', label, max };
  },
});
