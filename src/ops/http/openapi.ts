import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { createJsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { version } from '../../version.ts';

type Described = ReturnType<typeof jsonSchemaTransformObject>;
type Transform = ReturnType<typeof createJsonSchemaTransform>;

const transformSchema = createJsonSchemaTransform({});

/**
 * The JSON schema of what a body may be. Our parameter types take text for numbers and the like, which zod can only describe
 * by what comes out of them; what has a default need not be given.
 */
const describeBody = (body: z.ZodType): Record<string, unknown> =>
  z.toJSONSchema(body, {
    io: 'output',
    target: 'draft-2020-12',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      if (!(zodSchema instanceof z.ZodObject) || jsonSchema.required === undefined) return;
      const needed = jsonSchema.required.filter((key) => !(zodSchema.shape[key] instanceof z.ZodDefault));
      if (needed.length === 0) delete jsonSchema.required;
      else jsonSchema.required = needed;
    },
  }) as Record<string, unknown>;

/** What addIdempotency honours on every POST. */
const idempotencyHeader = {
  type: 'object',
  properties: {
    'Idempotency-Key': {
      type: 'string',
      description: 'Requests with the same key and body are done once; for a day, later ones get the first answer',
    },
  },
};

const transform: Transform = (document) => {
  const { schema, url } = transformSchema(document);
  const post = [document.route.method].flat().includes('POST');
  const transformed = { url, schema: { ...schema, ...(post ? { headers: idempotencyHeader } : {}) } };
  const body: unknown = (document.schema as { readonly body?: unknown } | undefined)?.body;
  if (!(body instanceof z.ZodType)) return transformed;
  const { $schema: _, ...described } = describeBody(body);
  return { ...transformed, schema: { ...transformed.schema, body: described } };
};

/** Each schema with a name is there as input and as output: the document keeps those that it speaks of. */
const withoutUnused = (document: Described): Described => {
  const { components = {} } = document as { readonly components?: { readonly schemas?: object } };
  const schemas: Readonly<Record<string, unknown>> = { ...components.schemas };
  const used = new Set<string>();
  const look = (part: unknown): void => {
    for (const [, name = ''] of JSON.stringify(part).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (used.has(name)) continue;
      used.add(name);
      look(schemas[name] ?? {});
    }
  };
  look({ ...document, components: {} });
  const kept = Object.fromEntries(Object.entries(schemas).filter(([name]) => used.has(name)));
  return { ...document, components: { ...components, schemas: kept } } as Described;
};

/** Describes the routes that are added later: OpenAPI 3.1 at /openapi.json. */
export const addOpenApi = async (app: FastifyInstance): Promise<void> => {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'sipreel',
        version: version(),
        description:
          'Calls and their recordings, on all nodes. Errors are RFC 9457 problems; docs/10-api.md has examples.',
      },
      tags: [
        { name: 'calls', description: 'Calls that are up' },
        { name: 'recordings', description: 'Recordings, in progress and ended' },
        { name: 'deliveries', description: 'Status events on their way to status_url' },
        { name: 'events', description: 'What happens, as it happens' },
        { name: 'nodes', description: 'The nodes, what waits for its file, and how much was recorded' },
        { name: 'server', description: 'The server itself' },
      ],
      components: {
        securitySchemes: {
          key: {
            type: 'http',
            scheme: 'bearer',
            description: '`sipreel key create` makes keys; without any, none is needed on 127.0.0.1',
          },
        },
      },
      security: [{ key: [] }],
    },
    transform,
    transformObject: (document) => withoutUnused(jsonSchemaTransformObject(document)),
  });
  app.get('/openapi.json', { config: { access: 'public' }, schema: { hide: true } }, () => app.swagger());
};
