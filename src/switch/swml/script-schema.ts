import type { z } from 'zod';
import type { MethodTable } from './load-steps.ts';
import type { Method } from './method.ts';
import { soundSchema } from './methods/playable.ts';
import { either, type JsonSchema, shapeOf, writtenSchema } from './shape.ts';

/** The JSON Schema (draft 2020-12) of the scripts that these methods make, short forms included. */
export const scriptSchema = (methods: MethodTable): JsonSchema => {
  const known = [...methods.known.values()].sort((a, b) => a.name.localeCompare(b.name));
  const step = { $ref: '#/$defs/step' };
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'SWML as sipreel takes it',
    type: 'object',
    properties: {
      version: { const: '1.0.0' },
      sections: {
        type: 'object',
        properties: { main: { $ref: '#/$defs/section' } },
        required: ['main'],
        additionalProperties: { $ref: '#/$defs/section' },
      },
    },
    required: ['sections'],
    additionalProperties: false,
    $defs: {
      variable: {
        description: 'text with a variable in it, such as %{name}',
        type: 'string',
        pattern: '[$%]\\{',
      },
      sound: soundSchema(),
      section: either({ type: 'array', items: step, minItems: 1 }, step),
      steps: either({ type: 'array', items: step }, step, { type: 'null' }, { type: 'object', maxProperties: 0 }),
      step: either(
        {
          description: 'a method with its parameters',
          type: 'object',
          properties: Object.fromEntries(known.map(({ name }) => [name, { $ref: `#/$defs/${defOf(name)}` }])),
          minProperties: 1,
          maxProperties: 1,
          additionalProperties: false,
        },
        { description: 'a method that needs no parameters', enum: known.filter(goesAlone).map(({ name }) => name) },
      ),
      ...Object.fromEntries(known.map((method) => [defOf(method.name), writtenAfter(method)])),
    },
  };
};

const defOf = (name: string): string => `method_${name}`;

/** True for a method that runs without a parameter. */
const goesAlone = ({ parameters }: Method): boolean => parameters.safeParse({}).success;

/** What may stand after a method's name: its parameters, or a short form. */
const writtenAfter = (method: Method): JsonSchema => {
  const { parameters, short, whole } = method;
  if (whole !== undefined) return parameterOf(parameters, whole);
  const forms: JsonSchema[] = [writtenSchema(parameters), shapeOf.variable];
  if (short?.scalar !== undefined) {
    forms.push({ type: ['string', 'number', 'boolean'], ...withAll(parameterOf(parameters, short.scalar)) });
  }
  if (short?.list !== undefined) forms.push({ type: 'array', ...withAll(parameterOf(parameters, short.list)) });
  if (goesAlone(method)) forms.push({ type: 'null' });
  return either(...forms);
};

const withAll = (schema: JsonSchema): JsonSchema => ({ allOf: [schema] });

/** The JSON Schema of one parameter. */
const parameterOf = (parameters: z.ZodType, name: string): JsonSchema => {
  const { properties, anyOf } = writtenSchema(parameters) as {
    readonly properties?: Record<string, JsonSchema>;
    readonly anyOf?: readonly { readonly properties?: Record<string, JsonSchema> }[];
  };
  const all = properties ?? anyOf?.find((one) => one.properties)?.properties ?? {};
  const { default: _, ...schema } = all[name] ?? {};
  return schema;
};
