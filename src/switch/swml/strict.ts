import type { SourceNode } from './source-node.ts';

/** How a value is written. */
type Written = SourceNode['kind'];

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
  | ValueExtension
  | { readonly kind: 'parameter'; readonly method: string; readonly parameter: string; readonly what: string }
  | { readonly kind: 'method'; readonly method: string; readonly what: string };

/** How one parameter may be written beside what the reference says. */
interface ValueExtension {
  readonly kind: 'value';
  readonly method: string;
  readonly parameter: string;
  /** The value itself, the items of its lists, or one word. */
  readonly of: 'value' | 'items' | { readonly word: string };
  readonly written: Written;
  readonly what: string;
  readonly ours: string;
  readonly swml: string;
}

const inText = 'dest: \'{"sections": {"main": [...]}}\'';
const target = (parameter: string, [open, close]: readonly [string, string] = ['[', ']']): ValueExtension => ({
  kind: 'value',
  method: 'connect',
  parameter,
  of: 'items',
  written: 'scalar',
  what: 'who is called without parameters',
  ours: `${parameter}: ${open}sip:a@b.example${close}`,
  swml: `${parameter}: ${open}{to: sip:a@b.example}${close}`,
});

const forms = {
  text_for_step: { what: 'a step that is only its name', ours: '- answer', swml: '- answer: {}' },
  nothing_for_parameters: { what: 'a method with nothing after it', ours: '- answer:', swml: '- answer: {}' },
  step_for_steps: {
    what: 'one step where a list of steps is due',
    ours: 'main: {answer: {}}',
    swml: 'main: [{answer: {}}]',
  },
  value_for_parameters: {
    what: 'the value of a parameter in the place of all; SWML has it for `sleep` and `label` alone',
    ours: '- play: say:hello',
    swml: '- play: {url: say:hello}',
  },
  variable_for_parameters: {
    what: 'a variable in the place of all parameters',
    ours: '- record_call: "%{how}"',
    swml: '- record_call: {format: "%{how.format}"}',
  },
} as const;

export type ExtensionForm = keyof typeof forms;

/**
 * What sipreel takes beyond SWML's reference: convenient here, refused elsewhere, and refused here where a script is to be
 * strict. docs/04-swml.md has the same rows.
 */
export const extensions: readonly Extension[] = [
  ...Object.entries(forms).map(([form, row]) => ({ kind: 'form', form, ...row }) as const),
  {
    kind: 'value',
    method: 'cond',
    parameter: 'conditions',
    of: 'value',
    written: 'map',
    what: 'one condition without a list',
    ours: '- cond: {when: ..., then: [...]}',
    swml: '- cond: [{when: ..., then: [...]}]',
  },
  {
    kind: 'value',
    method: 'connect',
    parameter: 'headers',
    of: 'value',
    written: 'map',
    what: 'headers as names with values',
    ours: 'headers: {X-A: "1"}',
    swml: 'headers: [{name: X-A, value: "1"}]',
  },
  {
    kind: 'value',
    method: 'connect',
    parameter: 'ringback',
    of: 'value',
    written: 'scalar',
    what: 'one entry without a list',
    ours: 'ringback: ring:us',
    swml: 'ringback: [ring:us]',
  },
  target('serial'),
  target('parallel'),
  target('serial_parallel', ['[[', ']]']),
  ...['execute', 'transfer'].map(
    (method): ValueExtension => ({
      kind: 'value',
      method,
      parameter: 'dest',
      of: 'value',
      written: 'map',
      what: 'a script within the script that is not text',
      ours: 'dest: {sections: {main: [...]}}',
      swml: inText,
    }),
  ),
  {
    kind: 'value',
    method: 'play',
    parameter: 'urls',
    of: 'value',
    written: 'scalar',
    what: 'one entry without a list',
    ours: 'urls: say:hello',
    swml: 'url: say:hello',
  },
  {
    kind: 'value',
    method: 'record',
    parameter: 'direction',
    of: { word: 'both' },
    written: 'scalar',
    what: 'both directions',
    ours: 'direction: both',
    swml: 'direction: speak',
  },
  {
    kind: 'value',
    method: 'unset',
    parameter: 'variables',
    of: 'value',
    written: 'map',
    what: 'names below `vars`',
    ours: '- unset: {vars: [a, b]}',
    swml: '- unset: [a, b]',
  },
  { kind: 'parameter', method: 'play', parameter: 'loop', what: 'how often it is played; 0 = until the call ends' },
  { kind: 'parameter', method: 'record', parameter: 'mask_digits', what: 'makes digits silent in the file' },
  { kind: 'parameter', method: 'record_call', parameter: 'mask_digits', what: 'makes digits silent in the file' },
  { kind: 'parameter', method: 'sip_refer', parameter: 'sip_auth_password', what: 'an older name of `password`' },
  { kind: 'parameter', method: 'sip_refer', parameter: 'sip_auth_username', what: 'an older name of `username`' },
  { kind: 'parameter', method: 'stop_record_call', parameter: 'call_id', what: 'stops a recording of another call' },
  { kind: 'method', method: 'if', what: 'one condition, as `cond` takes it' },
  { kind: 'method', method: 'pause_record_call', what: 'pauses a recording' },
  { kind: 'method', method: 'resume_record_call', what: 'ends the pause of a recording' },
];

/** Why a strict script may not be written in this way, in words. */
export const refusalOfForm = (form: ExtensionForm): string =>
  `${forms[form].what} is sipreel's own; in SWML it is ${forms[form].swml}`;

/** Why a strict script may not use a method, in words; undefined if it may. */
export const refusalOfMethod = (method: string): string | undefined =>
  extensions.some((extension) => extension.kind === 'method' && extension.method === method)
    ? `${method} is sipreel's own: SWML has no such method`
    : undefined;

/** Why a strict script may not give a parameter, in words; undefined if it may. */
export const refusalOfParameter = (method: string, parameter: string): string | undefined =>
  extensions.some((each) => each.kind === 'parameter' && each.method === method && each.parameter === parameter)
    ? `${parameter} is sipreel's own: SWML's ${method} has no such parameter`
    : undefined;

/** Why a strict script may not write a parameter in this way, in words; undefined if it may. */
export const refusalOfValue = (method: string, parameter: string, node: SourceNode): string | undefined => {
  const found = extensions.find(
    (each) =>
      each.kind === 'value' && each.method === method && each.parameter === parameter && isWrittenSo(each, node),
  );
  return found?.kind === 'value' ? `${found.what} is sipreel's own; in SWML it is ${found.swml}` : undefined;
};

const isWrittenSo = (extension: ValueExtension, node: SourceNode): boolean => {
  const { of, written } = extension;
  if (of === 'value') return node.kind === written;
  if (of !== 'items') return node.kind === 'scalar' && node.value === of.word;
  return node.kind === 'list' && node.items.some((item) => item.kind === written || isWrittenSo(extension, item));
};
