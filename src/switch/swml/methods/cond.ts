import { z } from 'zod';
import { defineMethod, onward, type ParameterLoader } from '../method.ts';
import { bare, block } from '../parameter-types.ts';
import { either, type JsonSchema, shaped } from '../shape.ts';
import type { SourceNode } from '../source-node.ts';
import type { Block } from '../step.ts';

const branch = shaped(
  z
    .strictObject(
      {
        when: bare('a JavaScript condition, such as call.type == "sip"').optional(),
        // biome-ignore lint/suspicious/noThenProperty: the name is SWML's, and its value is no function.
        then: block().optional(),
        else: block().optional(),
      },
      { error: 'it must be {when, then} or {else}' },
    )
    .superRefine(({ when, then, else: otherwise }, check) => {
      if (when && !then) check.addIssue({ code: 'custom', path: ['then'], message: 'the steps for when it is true' });
      if (!when && then) check.addIssue({ code: 'custom', path: ['when'], message: 'the JavaScript condition' });
      if (!when && !then && !otherwise)
        check.addIssue({ code: 'custom', path: ['when'], message: '{when, then} or {else}' });
    }),
  (own) => ({
    ...own,
    // biome-ignore lint/suspicious/noThenProperty: as above.
    dependentRequired: { when: ['then'], then: ['when'] },
    anyOf: [{ required: ['when'] }, { required: ['else'] }],
  }),
  { variable: false },
);

/** Conditions as a list. */
export const listOfConditions = () =>
  z
    .array(branch, { error: 'it must be a list of {when, then} and {else}' })
    .min(1, { error: 'it must have a condition at least' });

/** Conditions as cond takes them: a list, or one alone. */
const conditions = shaped(listOfConditions(), (own) => either(own, own.items as JsonSchema), { variable: false });

/** Branches as they are written: a list, or one of them. */
export const loadBranches: ParameterLoader = (node, loader, path) => {
  const load = (item: SourceNode, at: readonly (string | number)[]): unknown => {
    if (item.kind !== 'map') return loader.plain(item);
    const parts = item.entries.map(({ key, value }) => {
      if (key === 'when') return [key, loader.bare(value)];
      return [key, key === 'then' || key === 'else' ? loader.block(value, [...at, key]) : loader.plain(value)];
    });
    return Object.fromEntries(parts);
  };
  return node.kind === 'list'
    ? node.items.map((item, index) => load(item, [...path, index]))
    : [load(node, [...path, 0])];
};

/** `cond`: the steps of the first branch whose condition is true; where none is, those of `else`. */
export const cond = defineMethod({
  name: 'cond',
  parameters: z.strictObject({ conditions }),
  whole: 'conditions',
  load: { conditions: loadBranches },
  stoppedBy: 'call_end',
  async run({ conditions }, { evaluate }) {
    // else is for when nothing else is true, wherever it stands.
    let fallback: Block | undefined;
    for (const [index, { when, then, else: otherwise }] of conditions.entries()) {
      const met = when !== undefined && Boolean(await evaluate(when, ['conditions', index, 'when']));
      if (met && then) return { go: 'into', block: then };
      fallback ??= otherwise;
    }
    return fallback ? { go: 'into', block: fallback } : onward;
  },
});
