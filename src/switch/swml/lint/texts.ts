import { isPlainObject, type Path } from '../path.ts';
import { type Bare, isBare, isPrepared } from '../step.ts';
import { parseTemplate } from '../template.ts';

/** True for text with a variable in it, and for what holds such text. */
export const varies = (value: unknown): boolean => {
  if (typeof value === 'string') return parseTemplate(value)?.some((part) => 'expression' in part) ?? true;
  if (isPrepared(value)) return false;
  if (Array.isArray(value)) return value.some(varies);
  return isPlainObject(value) && Object.values(value).some(varies);
};

/** Every text and bare expression in the parameters of a step, with its path; not those of steps in it. */
export const textsIn = function* (value: unknown, path: Path = []): Generator<{ at: Path; text: string | Bare }> {
  if (typeof value === 'string' || isBare(value)) yield { at: path, text: value };
  else if (isPrepared(value)) return;
  else if (Array.isArray(value)) for (const [index, item] of value.entries()) yield* textsIn(item, [...path, index]);
  else if (isPlainObject(value)) {
    for (const [key, item] of Object.entries(value)) yield* textsIn(item, [...path, key]);
  }
};
