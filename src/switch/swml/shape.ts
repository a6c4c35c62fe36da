import { z } from 'zod';

/** A JSON Schema (draft 2020-12). */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What a script may write where a parameter is due, if that is not what the parameter's schema sees when it runs. */
interface Shape {
  /** Makes it of the JSON Schema that zod gives. */
  readonly of: (own: JsonSchema) => JsonSchema;
  /** False: no `${variable}` may stand in its place, as it is loaded with the script. */
  readonly variable: boolean;
}

const shapes = z.registry<Shape>();

/** Tells the JSON Schema of scripts what a parameter looks like before it is loaded and converted. */
export const shaped = <Schema extends z.ZodType>(
  schema: Schema,
  of: Shape['of'],
  { variable = true }: { readonly variable?: boolean } = {},
): Schema => {
  shapes.add(schema, { of, variable });
  return schema;
};

/** References to what every script schema defines. */
export const shapeOf = {
  steps: { $ref: '#/$defs/steps' },
  document: { $ref: '#' },
  variable: { $ref: '#/$defs/variable' },
  sound: { $ref: '#/$defs/sound' },
} as const;

/** A regular expression for a word in any case: JSON Schema knows no flags. */
export const anyCase = (word: string): string =>
  word.replace(/[a-z]/gi, (letter) => `[${letter.toUpperCase()}${letter.toLowerCase()}]`);

/** Either of these; alternatives within alternatives become one list. */
export const either = (...schemas: readonly JsonSchema[]): JsonSchema => {
  const flat = schemas.flatMap((schema): readonly JsonSchema[] => {
    const { anyOf, ...others } = schema;
    return Array.isArray(anyOf) && Object.keys(others).length === 0 ? (anyOf as JsonSchema[]) : [schema];
  });
  const different = [...new Map(flat.map((schema) => [JSON.stringify(schema), schema])).values()];
  return different.length === 1 ? (different[0] ?? {}) : { anyOf: different };
};

/** Wrappers that take over what the type in them looks like. */
const wrappers: ReadonlySet<string> = new Set(['optional', 'default', 'prefault', 'nullable', 'nonoptional', 'pipe']);

/** The JSON Schema of what a script writes for these parameters: shapes applied, a `${variable}` wherever one may stand. */
export const writtenSchema = (schema: z.ZodType): JsonSchema => {
  const { $schema: _, ...made } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema }) {
      const { def } = zodSchema._zod;
      const shape = shapes.get(zodSchema);
      if (!shape && wrappers.has(def.type)) {
        if (def.type === 'default') Object.assign(jsonSchema, { default: (def as z.core.$ZodDefaultDef).defaultValue });
        return;
      }
      // What is refused whatever it is.
      if (def.type === 'never') return;
      const own = { ...jsonSchema };
      const written = shape ? shape.of(own) : own;
      // What may be anything may be a variable as it is.
      const open = Object.keys(written).length === 0;
      const { description, ...rest } = written;
      replace(jsonSchema, {
        ...(description === undefined ? {} : { description }),
        ...(open || shape?.variable === false ? rest : either(rest, shapeOf.variable)),
      });
    },
  });
  return made;
};

const replace = (target: object, by: object): void => {
  for (const key of Object.keys(target)) Reflect.deleteProperty(target, key);
  Object.assign(target, by);
};
