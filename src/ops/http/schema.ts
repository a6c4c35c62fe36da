import type { FastifyInstance } from 'fastify';
import { methodTable } from '../../switch/swml/methods/table.ts';
import { scriptSchema } from '../../switch/swml/script-schema.ts';

/** GET /schema.json: the JSON Schema of the scripts that this server runs, for editors and CI. It is public. */
export const addSchemaRoute = (app: FastifyInstance): void => {
  let body: string | undefined;
  app.get('/schema.json', (_request, reply) => {
    body ??= JSON.stringify(scriptSchema(methodTable));
    return reply.type('application/schema+json').header('Cache-Control', 'public, max-age=300').send(body);
  });
};
