import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { methodTable } from '../../switch/swml/methods/table.ts';
import { scriptSchema } from '../../switch/swml/script-schema.ts';

/** GET /schema.json: the JSON Schema of the scripts that this server runs, for editors and CI. It is public. */
export const addSchemaRoute = (app: FastifyInstance): void => {
  let body: string | undefined;
  const schema = {
    tags: ['server'],
    summary: 'The JSON Schema of the scripts that this server runs',
    security: [],
    response: {
      200: { description: 'JSON Schema 2020-12', content: { 'application/schema+json': { schema: z.any() } } },
    },
  };
  app.get('/schema.json', { config: { access: 'public' }, schema }, (_request, reply) => {
    body ??= JSON.stringify(scriptSchema(methodTable));
    return reply.type('application/schema+json').header('Cache-Control', 'public, max-age=300').send(body);
  });
};
