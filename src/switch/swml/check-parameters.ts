import { z } from 'zod';
import type { SipreelError } from '../../errors/error.ts';
import { didYouMean } from './nearest-name.ts';
import { isPlainObject, ownValue, type Path } from './path.ts';
import { type ScriptErrorCode, scriptError, shown } from './script-error.ts';
import { placeOf, type Step } from './step.ts';

/**
 * The parameters of a step, checked and with defaults.
 * Throws relay_script_method_parameter_undefined, _missing, _invalid_value or _conflict for the first thing wrong.
 */
export const checkParameters = <Schema extends z.ZodType>(
  schema: Schema,
  parameters: unknown,
  step: Step,
): z.output<Schema> => {
  if (!isPlainObject(parameters)) throw notNamed(schema, parameters, step);
  const result = schema.safeParse(parameters);
  if (result.success) return result.data;
  // A name that is not known is told first: what is missing may be the same one, mistyped.
  const { issues } = result.error;
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
  throw errorOf(issue, schema, parameters, step);
};

/** Everything that is certain to be wrong with parameters as they are written, whatever their variables will be. */
export const parameterErrors = (step: Step, varies: (value: unknown) => boolean): readonly SipreelError[] => {
  const { method, parameters } = step;
  const schema = method.parameters;
  if (!isPlainObject(parameters)) return varies(parameters) ? [] : [notNamed(schema, parameters, step)];
  const result = schema.safeParse(parameters);
  if (result.success) return [];
  const certain = result.error.issues.filter((issue) => {
    const path = pathOf(issue);
    const way = path.map((_, index) => valueIn(parameters, path.slice(0, index + 1)).value);
    const leaf = way.at(-1);
    // What was made of parts is wrong for certain only if none of them may change.
    const made = issue.code === 'custom' && issue.params?.conflict !== true;
    return !way.some((value) => typeof value === 'string' && varies(value)) && !(made && varies(leaf));
  });
  return certain.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => errorOf({ ...issue, keys: [key] }, schema, parameters, step))
      : [errorOf(issue, schema, parameters, step)],
  );
};

const notNamed = (schema: z.ZodType, parameters: unknown, step: Step): SipreelError =>
  scriptError(
    'relay_script_method_parameter_invalid_value',
    placeOf(step),
    `${step.method.name} takes parameters with names, such as {${parameterNames(schema).slice(0, 2).join(': ..., ')}: ...}; it was given ${shown(parameters)}`,
  );

/** The names of the parameters that a schema knows. */
export const parameterNames = (schema: z.ZodType): readonly string[] =>
  schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];

const pathOf = (issue: z.core.$ZodIssue): Path =>
  issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));

const errorOf = (issue: z.core.$ZodIssue | undefined, schema: z.ZodType, parameters: unknown, step: Step) => {
  const { name } = step.method;
  if (!issue) return scriptError('relay_script_internal_error', placeOf(step), 'parameters failed without an issue');
  const path = pathOf(issue);
  if (issue.code === 'unrecognized_keys') {
    const [unknown = ''] = issue.keys;
    const known = path.length === 0 ? parameterNames(schema) : [];
    const list = known.length === 0 ? '' : `; known are ${known.join(', ')}`;
    return fail('undefined', [...path, unknown], `${name} has no such parameter${didYouMean(unknown, known)}${list}`);
  }
  if (issue.code === 'custom' && issue.params?.conflict === true) return fail('conflict', path, issue.message);
  const { present, value } = valueIn(parameters, path);
  if (!present) return fail('missing', path, `${name} needs it: ${issue.message}`);
  // In YAML an unquoted # begins a comment, which leaves nothing.
  const hint = value === null ? ' (nothing was given; write text such as # in quotes)' : '';
  return fail('invalid_value', path, `${shown(value)} is not allowed: ${issue.message}${hint}`);

  function fail(what: 'undefined' | 'missing' | 'conflict' | 'invalid_value', at: Path, text: string) {
    const code: ScriptErrorCode = `relay_script_method_parameter_${what}`;
    return scriptError(code, placeOf(step, at), text, { details: { method: name, parameter: at[0] } });
  }
};

const valueIn = (parameters: unknown, path: Path): { present: boolean; value: unknown } => {
  const parent = path.slice(0, -1).reduce(ownValue, parameters);
  const last = path.at(-1);
  if (last === undefined) return { present: true, value: parameters };
  const present = typeof parent === 'object' && parent !== null && Object.hasOwn(parent, last);
  return { present, value: ownValue(parent, last) };
};
