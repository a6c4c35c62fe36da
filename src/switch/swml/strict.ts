/**
 * What sipreel takes beyond SWML's reference: convenient here, refused elsewhere, and refused here where a script is to be
 * strict. One row for each; docs/swml.md has the same rows.
 */
export const extensions = [
  { kind: 'form', form: 'text_for_step', what: 'a step that is only its name', ours: '- answer', swml: '- answer: {}' },
  {
    kind: 'form',
    form: 'nothing_for_parameters',
    what: 'a method with nothing after it',
    ours: '- answer:',
    swml: '- answer: {}',
  },
  {
    kind: 'form',
    form: 'step_for_steps',
    what: 'one step where a list of steps is due',
    ours: 'main: {answer: {}}',
    swml: 'main: [{answer: {}}]',
  },
  {
    kind: 'form',
    form: 'value_for_parameters',
    what: 'the value of a parameter in the place of all (but `sleep` and `label`)',
    ours: '- play: say:hello',
    swml: '- play: {url: say:hello}',
  },
  {
    kind: 'form',
    form: 'variable_for_parameters',
    what: 'a variable in the place of all parameters',
    ours: '- record_call: "%{how}"',
    swml: '- record_call: {format: "%{how.format}"}',
  },
  {
    kind: 'value',
    method: 'cond',
    parameter: 'conditions',
    written: ['map'],
    what: 'one condition without a list',
    swml: '- cond: [{when: ..., then: [...]}]',
  },
  {
    kind: 'value',
    method: 'play',
    parameter: 'urls',
    written: ['scalar'],
    what: 'one entry without a list',
    swml: '- play: {url: say:hello}',
  },
  {
    kind: 'value',
    method: 'connect',
    parameter: 'headers',
    written: ['map'],
    what: 'headers as names with values',
    swml: 'headers: [{name: X-A, value: "1"}]',
  },
  {
    kind: 'value',
    method: 'execute',
    parameter: 'dest',
    written: ['map'],
    what: 'a script within the script that is not text',
    swml: 'dest: \'{"sections": {"main": [...]}}\'',
  },
  {
    kind: 'value',
    method: 'transfer',
    parameter: 'dest',
    written: ['map'],
    what: 'a script within the script that is not text',
    swml: 'dest: \'{"sections": {"main": [...]}}\'',
  },
  {
    kind: 'method',
    method: 'if',
    what: '`{when, then, else}`, and whatever else `cond` takes',
  },
  { kind: 'parameter', method: 'play', parameter: 'loop', what: 'plays more than once' },
  { kind: 'parameter', method: 'record', parameter: 'mask_digits', what: 'makes digits silent in the file' },
  { kind: 'parameter', method: 'record_call', parameter: 'mask_digits', what: 'makes digits silent in the file' },
  {
    kind: 'parameter',
    method: 'stop_record_call',
    parameter: 'call_id',
    what: 'stops a recording of another call, on whatever node',
  },
] as const satisfies readonly Extension[];

type Written = 'map' | 'list' | 'scalar';

interface ValueExtension {
  readonly kind: 'value';
  readonly method: string;
  readonly parameter: string;
  readonly written: readonly Written[];
  readonly what: string;
  readonly swml: string;
}

/** One thing that SWML's reference does not have. */
export type Extension =
  /** How steps are written, whatever their method. */
  | {
      readonly kind: 'form';
      readonly form: string;
      readonly what: string;
      readonly ours: string;
      readonly swml: string;
    }
  /** How one parameter may be written beside what the reference says. */
  | ValueExtension
  | { readonly kind: 'parameter'; readonly method: string; readonly parameter: string; readonly what: string }
  | { readonly kind: 'method'; readonly method: string; readonly what: string };

const all: readonly Extension[] = extensions;

export type ExtensionForm = Extract<(typeof extensions)[number], { readonly kind: 'form' }>['form'];

/** Why a strict script may not be written in this way, in words. */
export const refusalOfForm = (form: ExtensionForm): string => {
  const found = all.find((extension) => extension.kind === 'form' && extension.form === form);
  return found?.kind === 'form' ? `${found.what} is sipreel's own; in SWML it is ${found.swml}` : form;
};

/** Why a strict script may not use a method, in words; undefined if it may. */
export const refusalOfMethod = (method: string): string | undefined =>
  all.some((extension) => extension.kind === 'method' && extension.method === method)
    ? `${method} is sipreel's own: SWML has no such method`
    : undefined;

/** Why a strict script may not give a parameter, in words; undefined if it may. */
export const refusalOfParameter = (method: string, parameter: string): string | undefined =>
  all.some((found) => found.kind === 'parameter' && found.method === method && found.parameter === parameter)
    ? `${parameter} is sipreel's own: SWML's ${method} has no such parameter`
    : undefined;

/** Why a strict script may not give a parameter this kind of value, in words; undefined if it may. */
export const refusalOfValue = (method: string, parameter: string, written: Written): string | undefined => {
  const found = all.find(
    (each): each is ValueExtension =>
      each.kind === 'value' &&
      each.method === method &&
      each.parameter === parameter &&
      each.written.some((kind) => kind === written),
  );
  return found && `${found.what} is sipreel's own; in SWML it is ${found.swml}`;
};
