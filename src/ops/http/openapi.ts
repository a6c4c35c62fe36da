import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { createJsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { version } from '../../version.ts';

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

const transform: Transform = (document) => {
  const transformed = transformSchema(document);
  const body: unknown = (document.schema as { readonly body?: unknown } | undefined)?.body;
  if (!(body instanceof z.ZodType) || transformed.schema === undefined) return transformed;
  const { $schema: _, ...described } = describeBody(body);
  return { ...transformed, schema: { ...transformed.schema, body: described } };
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
          'Calls and their recordings, on all nodes. Errors are RFC 9457 problems; docs/api.md has examples.',
      },
      tags: [
        { name: 'calls', description: 'Calls that are up' },
        { name: 'recordings', description: 'Recordings, in progress and ended' },
        { name: 'deliveries', description: 'Status events on their way to status_url' },
        { name: 'events', description: 'What happens, as it happens' },
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
    transformObject: jsonSchemaTransformObject,
  });
  app.get('/openapi.json', { config: { access: 'public' }, schema: { hide: true } }, () => app.swagger());
};
