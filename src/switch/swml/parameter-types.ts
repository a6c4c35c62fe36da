import { z } from 'zod';
import { isPlainObject, ownValue } from './path.ts';
import { anyCase, shaped, shapeOf } from './shape.ts';
import { type Bare, type Block, isBare, isBlock } from './step.ts';

/** What variables expand to is often text: "true" is taken for true where yes or no is due. */
const asFlag = (value: unknown): unknown => {
  if (typeof value !== 'string') return value;
  const word = value.trim().toLowerCase();
  return word === 'true' ? true : word === 'false' ? false : value;
};

const numberText = /^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$/;

/** "1.5" is taken for 1.5 where a number is due; the empty text of an unset variable is no number. */
const asNumber = (value: unknown): unknown =>
  typeof value === 'string' && numberText.test(value) ? Number(value) : value;

/** 1 is taken for "1" where text is due. */
const asText = (value: unknown): unknown =>
  typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;

/** true or false. */
export const flag = () =>
  shaped(z.preprocess(asFlag, z.boolean({ error: 'it must be true or false' })), () => ({
    anyOf: [{ type: 'boolean' }, { type: 'string', pattern: `^\\s*(${anyCase('true')}|${anyCase('false')})\\s*$` }],
  }));

/** A number of `unit` from `min` to `max`, both allowed. */
export const number = (limits: { min: number; max: number; unit?: string; whole?: boolean; hint?: string }) => {
  const { min, max, unit, whole = false, hint } = limits;
  const error = `it must be a ${whole ? 'whole ' : ''}number${unit === undefined ? '' : ` of ${unit}`} from ${min} to ${max}${hint === undefined ? '' : ` (${hint})`}`;
  const base = z.number({ error }).min(min, { error }).max(max, { error });
  return shaped(z.preprocess(asNumber, whole ? base.refine(Number.isInteger, { error }) : base), () => ({
    description: described(error),
    anyOf: [
      { type: whole ? 'integer' : 'number', minimum: min, maximum: max },
      { type: 'string', pattern: numberText.source },
    ],
  }));
};

/** What an error message says must be, for those who read the JSON Schema. */
const described = (error: string): string => error.replace(/^it must be /, '');

/** Text of one character at least; `what` says in words what it is. */
export const text = (what: string) =>
  shaped(
    z.preprocess(asText, z.string({ error: `it must be ${what}` }).min(1, { error: `it must be ${what}, not empty` })),
    () => ({ description: what, type: ['string', 'number', 'boolean'], minLength: 1 }),
  );

/** The user of a digest, which stands between quotes in a header as it is. */
export const userName = () => {
  const error = 'it must be a user name on one line, without quotes and backslashes';
  return shaped(
    text('a user name').refine((value) => userNameText.test(value), { error }),
    () => ({
      description: described(error),
      type: ['string', 'number', 'boolean'],
      minLength: 1,
      pattern: userNameText.source,
    }),
  );
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it may not have
const userNameText = /^[^\x00-\x1f\x7f"\\]*$/;

/** One of these words. */
export const choice = <const Words extends readonly [string, ...string[]]>(words: Words) => {
  const error = `it must be ${words.slice(0, -1).join(', ')}${words.length > 1 ? ' or ' : ''}${words.at(-1)}`;
  return z.preprocess(asText, z.enum(words, { error }));
};

/** One of these words in capitals, however it is written. */
export const choiceInAnyCase = <const Words extends readonly [string, ...string[]]>(words: Words) =>
  shaped(
    z.preprocess((value) => (typeof value === 'string' ? value.toUpperCase() : value), choice(words)),
    () => ({ description: words.join(', '), type: 'string', pattern: `^(${words.map(anyCase).join('|')})$` }),
  );

/** Digits of a telephone, any case; the letters are given in capitals. */
export const digits = () =>
  shaped(
    z.preprocess(
      asText,
      z
        .string({ error: 'it must be digits: 0-9, A-D, * and #' })
        .regex(digitsText, { error: 'it must be digits: 0-9, A-D, * and #' })
        .transform((value) => value.toUpperCase()),
    ),
    () => ({
      description: 'digits: 0-9, A-D, * and #',
      anyOf: [
        { type: 'string', pattern: digitsText.source },
        { type: 'integer', minimum: 0 },
      ],
    }),
  );

const digitsText = /^[0-9A-Da-d*#]*$/;

/** Digits to be sent, 256 at most, any case, and the pauses W and w among them; letters are given in capitals. */
export const dialledDigits = () =>
  shaped(
    z.preprocess(
      asText,
      z
        .string({ error: dialledError })
        .regex(dialledText, { error: dialledError })
        // The pauses are not the same in capitals.
        .transform((value) => value.replace(/[a-d]/g, (digit) => digit.toUpperCase())),
    ),
    () => ({
      description: described(dialledError),
      anyOf: [
        { type: 'string', pattern: dialledText.source },
        { type: 'integer', minimum: 0 },
      ],
    }),
  );

const dialledText = /^[0-9*#A-Da-dWw]{1,256}$/;
const dialledError = 'it must be 1 to 256 digits 0-9, *, #, A-D, and W or w to wait a second or half of one';

/** An absolute http or https URL. */
export const httpUrl = () => {
  const error = 'it must be an http:// or https:// URL';
  return shaped(z.string({ error }).refine(isHttpUrl, { error }), () => ({
    description: described(error),
    type: 'string',
    pattern: `^${anyCase('http')}[sS]?://[^/?#\\s]`,
  }));
};

export const isHttpUrl = (value: string): boolean => /^https?:\/\//i.test(value) && URL.canParse(value);

/** Names with any values. */
export const anyObject = (what: string) =>
  shaped(
    z.custom<Readonly<Record<string, unknown>>>(isPlainObject, { error: `it must be ${what}: names with values` }),
    () => ({ description: `${what}: names with values`, type: 'object' }),
  );

/** Steps that were loaded with the script. */
export const block = () =>
  shaped(z.custom<Block>(isBlock, { error: 'it must be a list of steps' }), () => shapeOf.steps, { variable: false });

/** Bare JavaScript or a variable's name; `what` says in words what it is. */
export const bare = (what: string) =>
  shaped(
    z.custom<Bare>((value) => isBare(value) && value.text.trim() !== '', { error: `it must be ${what}` }),
    () => ({ description: what, type: ['string', 'number', 'boolean'], pattern: '\\S' }),
    { variable: false },
  );

/** Of these parameters exactly one is given; `what` says in words what it is for. */
export const exactlyOne = <Shape extends z.core.$ZodShape>(
  schema: z.ZodObject<Shape, z.core.$strict>,
  names: readonly [string, ...string[]],
  what: string,
) =>
  shaped(
    schema.superRefine((given, check) => {
      const [first, second] = names.filter((name) => ownValue(given, name) !== undefined);
      if (first === undefined) {
        check.addIssue({ code: 'custom', path: [names[0]], message: what });
      } else if (second !== undefined) {
        const message = `give ${first} or ${second}, not both`;
        check.addIssue({ code: 'custom', path: [second], message, params: { conflict: true } });
      }
    }),
    (own) => ({ ...own, oneOf: names.map((name) => ({ required: [name] })) }),
  );
