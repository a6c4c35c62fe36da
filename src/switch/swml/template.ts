import { isPlainObject, type Path } from './path.ts';
import { isPrepared } from './step.ts';

/** A piece of a text: literal, or the inside of `${...}` or `%{...}`. */
export type TemplatePart = { readonly text: string } | { readonly expression: string };

/** Splits a text at its `${...}` and `%{...}`; undefined if one of them is not closed. */
export const parseTemplate = (text: string): readonly TemplatePart[] | undefined => {
  const parts: TemplatePart[] = [];
  let from = 0;
  for (;;) {
    const open = openingAfter(text, from);
    if (open === -1) break;
    const close = closingAfter(text, open + 2);
    if (close === -1) return undefined;
    if (open > from) parts.push({ text: text.slice(from, open) });
    parts.push({ expression: text.slice(open + 2, close).trim() });
    from = close + 1;
  }
  if (from < text.length) parts.push({ text: text.slice(from) });
  return parts;
};

/** Where the next `${` or `%{` is, or -1. */
const openingAfter = (text: string, from: number): number => {
  for (let at = text.indexOf('{', Math.max(1, from)); at !== -1; at = text.indexOf('{', at + 1)) {
    const sign = text[at - 1];
    if (at > from && (sign === '$' || sign === '%')) return at - 1;
  }
  return -1;
};

/** Where the `}` is that closes; braces within quotes don't count. -1 if there is none. */
const closingAfter = (text: string, from: number): number => {
  let depth = 0;
  let quote: string | undefined;
  for (let at = from; at < text.length; at++) {
    const sign = text[at] as string;
    if (quote !== undefined) {
      if (sign === '\\') at++;
      else if (sign === quote) quote = undefined;
    } else if (sign === '"' || sign === "'" || sign === '`') quote = sign;
    else if (sign === '{') depth++;
    else if (sign === '}' && depth-- === 0) return at;
  }
  return -1;
};

/** A value as it stands within a text: unset is empty, lists and objects are JSON. */
export const textOf = (value: unknown): string => {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
};

/** What expanding needs from outside; each is told the path to the text from the value that is expanded. */
export interface Expansion {
  /** The value of the inside of one `${...}`. */
  resolve(expression: string, path: Path): unknown;
  /** The error for a `${` without `}`. */
  unclosed(text: string, path: Path): Error;
  /** The error for a text of over maxTextLength characters. */
  tooLong(path: Path): Error;
}

/** The longest text that expanding may make, characters. */
export const maxTextLength = 262_144;

/**
 * The value with all `${...}` and `%{...}` in its texts replaced. A text that is exactly one of them becomes its value
 * with the value's type. Keys, and what was prepared at load (steps, bare expressions), stay as they are.
 */
export const expand = async (value: unknown, expansion: Expansion, path: Path = []): Promise<unknown> => {
  if (typeof value === 'string') return expandText(value, expansion, path);
  if (!holdsTemplate(value)) return value;
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    for (const [index, item] of value.entries()) items.push(await expand(item, expansion, [...path, index]));
    return items;
  }
  if (isPlainObject(value)) {
    const entries: [string, unknown][] = [];
    for (const [key, item] of Object.entries(value)) entries.push([key, await expand(item, expansion, [...path, key])]);
    return Object.fromEntries(entries);
  }
  return value;
};

/** What holds a variable, by what it is, so that large values of a loop are looked through once. */
const holding = new WeakMap<object, boolean>();

/** True for text in which a variable may stand, and for what holds such text; not for what was prepared at load. */
const holdsTemplate = (value: unknown): boolean => {
  if (typeof value === 'string') return value.includes('{');
  if (typeof value !== 'object' || value === null || isPrepared(value)) return false;
  const known = holding.get(value);
  if (known !== undefined) return known;
  const holds = Object.values(value).some(holdsTemplate);
  holding.set(value, holds);
  return holds;
};

const expandText = async (text: string, expansion: Expansion, path: Path): Promise<unknown> => {
  if (!text.includes('{')) return text;
  const parts = parseTemplate(text);
  if (!parts) throw expansion.unclosed(text, path);
  const [only] = parts;
  if (parts.length === 1 && only && 'expression' in only) {
    return (await expansion.resolve(only.expression, path)) ?? '';
  }
  let made = '';
  for (const part of parts) {
    made += 'text' in part ? part.text : textOf(await expansion.resolve(part.expression, path));
    if (made.length > maxTextLength) throw expansion.tooLong(path);
  }
  return made;
};

/**
 * The expression that is meant where JavaScript stands without `${}`. Some write `${x} == 1` there all the same; each
 * `${...}` is taken as a group then. A template literal's `${}` is its own.
 */
export const bareExpression = (text: string): string => {
  const trimmed = text.trim();
  if (trimmed.includes('`')) return trimmed;
  const whole = /^[$%]\{([^{}]*)\}$/.exec(trimmed)?.[1];
  return whole?.trim() ?? trimmed.replace(/[$%]\{([^{}]*)\}/g, '($1)');
};
