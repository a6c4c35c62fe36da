import { z } from 'zod';
import { isPlainObject } from './path.ts';
import { type Bare, type Block, isBare, isBlock } from './step.ts';

/** What variables expand to is often text: "true" is taken for true where yes or no is due. */
const asFlag = (value: unknown): unknown => {
  if (typeof value !== 'string') return value;
  const word = value.trim().toLowerCase();
  return word === 'true' ? true : word === 'false' ? false : value;
};

/** "1.5" is taken for 1.5 where a number is due; the empty text of an unset variable is no number. */
const asNumber = (value: unknown): unknown =>
  typeof value === 'string' && /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i.test(value) ? Number(value) : value;

/** 1 is taken for "1" where text is due. */
const asText = (value: unknown): unknown =>
  typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;

/** true or false. */
export const flag = () => z.preprocess(asFlag, z.boolean({ error: 'it must be true or false' }));

/** A number of `unit` from `min` to `max`, both allowed. */
export const number = (limits: { min: number; max: number; unit?: string; whole?: boolean; hint?: string }) => {
  const { min, max, unit, whole = false, hint } = limits;
  const error = `it must be a ${whole ? 'whole ' : ''}number${unit === undefined ? '' : ` of ${unit}`} from ${min} to ${max}${hint === undefined ? '' : ` (${hint})`}`;
  const base = z.number({ error }).min(min, { error }).max(max, { error });
  return z.preprocess(asNumber, whole ? base.refine(Number.isInteger, { error }) : base);
};

/** Text of one character at least; `what` says in words what it is. */
export const text = (what: string) =>
  z.preprocess(asText, z.string({ error: `it must be ${what}` }).min(1, { error: `it must be ${what}, not empty` }));

/** One of these words. */
export const choice = <const Words extends readonly [string, ...string[]]>(words: Words) => {
  const error = `it must be ${words.slice(0, -1).join(', ')}${words.length > 1 ? ' or ' : ''}${words.at(-1)}`;
  return z.preprocess(asText, z.enum(words, { error }));
};

/** Digits of a telephone, any case; the letters are given in capitals. */
export const digits = () =>
  z.preprocess(
    asText,
    z
      .string({ error: 'it must be digits: 0-9, A-D, * and #' })
      .regex(/^[0-9A-Da-d*#]*$/, { error: 'it must be digits: 0-9, A-D, * and #' })
      .transform((value) => value.toUpperCase()),
  );

/** Digits to be sent, 256 at most, any case, and the pauses W and w among them; letters are given in capitals. */
export const dialledDigits = () =>
  z.preprocess(
    asText,
    z
      .string({ error: dialledError })
      .regex(dialledText, { error: dialledError })
      // The pauses are not the same in capitals.
      .transform((value) => value.replace(/[a-d]/g, (digit) => digit.toUpperCase())),
  );

const dialledText = /^[0-9*#A-Da-dWw]{1,256}$/;
const dialledError = 'it must be 1 to 256 digits 0-9, *, #, A-D, and W or w to wait a second or half of one';

/** An absolute http or https URL. */
export const httpUrl = () => {
  const error = 'it must be an http:// or https:// URL';
  return z.string({ error }).refine(isHttpUrl, { error });
};

export const isHttpUrl = (value: string): boolean => /^https?:\/\//i.test(value) && URL.canParse(value);

/** Names with any values. */
export const anyObject = (what: string) =>
  z.custom<Readonly<Record<string, unknown>>>(isPlainObject, { error: `it must be ${what}: names with values` });

/** Steps that were loaded with the script. */
export const block = () => z.custom<Block>(isBlock, { error: 'it must be a list of steps' });

/** Bare JavaScript or a variable's name; `what` says in words what it is. */
export const bare = (what: string) =>
  z.custom<Bare>((value) => isBare(value) && value.text.trim() !== '', { error: `it must be ${what}` });
