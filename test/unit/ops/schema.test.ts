import { fastify } from 'fastify';
import { serializerCompiler } from 'fastify-type-provider-zod';
import { expect, test } from 'vitest';
import { addSchemaRoute } from '../../../src/ops/http/schema.ts';
import { methodTable } from '../../../src/switch/swml/methods/table.ts';
import { scriptSchema } from '../../../src/switch/swml/script-schema.ts';

test('GET /schema.json is the JSON Schema of scripts', async () => {
  const app = fastify();
  app.setSerializerCompiler(serializerCompiler);
  addSchemaRoute(app);
  for (let time = 0; time < 2; time++) {
    const answer = await app.inject('/schema.json');
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['content-type']).toContain('application/schema+json');
    expect(answer.json()).toEqual(JSON.parse(JSON.stringify(scriptSchema(methodTable))));
  }
  await app.close();
});
