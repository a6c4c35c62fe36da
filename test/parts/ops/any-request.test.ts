import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import '../../kit/seed.ts';
import { type OpsStage, openOpsStage } from './stage.ts';

/** Of each endpoint. */
const runs = 25;

let stage: OpsStage;
beforeAll(async () => {
  stage = await openOpsStage();
  stage.addCall('up');
});
afterAll(() => stage.close());

interface Described {
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
}

/** Names that mean something, and any others. */
const anyName = fc.oneof(
  fc.constantFrom('up', 'x', '..', '%', '%00', '%ff', '"', '0', '-1', '1e99', 'null'),
  fc.string({ unit: 'binary', maxLength: 20 }),
);
const anyBody = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.string({ maxLength: 20 }),
  fc.record(
    {
      control_id: fc.oneof(anyName, fc.integer()),
      format: fc.oneof(fc.constantFrom('wav', 'mp3'), anyName),
      max_length: fc.oneof(fc.double(), anyName),
      behavior: fc.oneof(fc.constantFrom('skip', 'silence'), anyName),
      status_url: fc.oneof(fc.webUrl(), anyName),
      command: fc.constantFrom('calling.record', 'calling.record.stop', 'calling.record.pause', 'calling.end', 'x'),
      id: fc.oneof(fc.constantFrom('up', 'x'), anyName),
      params: fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.record({ control_id: anyName, audio: fc.jsonValue() })),
    },
    { requiredKeys: [] },
  ),
);

/** Not refused, or refused as what the client has done wrong, in the one shape. */
const expectOurs = (answer: Awaited<ReturnType<OpsStage['ask']>>, asked: string): void => {
  expect(answer.status, `${asked}\n${answer.text}`).toBeLessThan(500);
  if (answer.status < 400) return;
  expect(answer.headers['content-type'], asked).toMatch(/^application\/problem\+json/);
  expect(answer.json, asked).toMatchObject({
    status: answer.status,
    code: expect.any(String),
    remedy: expect.any(String),
  });
};

test('whatever is asked of whatever endpoint, the answer is never 500', async () => {
  const { json } = await stage.ask('GET', '/openapi.json');
  const endpoints = Object.entries(json.paths as Record<string, Record<string, Described>>).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => ({ path, method: method.toUpperCase(), ...described })),
  );
  expect(endpoints.length).toBeGreaterThan(20);
  for (const { path, method, parameters = [] } of endpoints) {
    const named = (where: string) => parameters.filter((each) => each.in === where).map(({ name }) => name);
    const asked = fc.record({
      names: fc.array(anyName, { minLength: 4, maxLength: 4 }),
      query: fc.dictionary(fc.oneof(fc.constantFrom('a', 'live', ...named('query')), anyName), anyName, { maxKeys: 3 }),
      raw: fc.boolean(),
      body: anyBody,
      key: fc.option(fc.stringMatching(/^[\x20-\x7e]{1,20}$/), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(asked, async ({ names, query, raw, body, key }) => {
        let index = 0;
        const filled = path.replaceAll(/\{\w+\}/g, () => encodeURIComponent(names[index++] ?? '') || 'x');
        const text = new URLSearchParams(query).toString();
        // A stream of events has no end: it is asked for with what is no id.
        const stream = path === '/api/events' ? '&last_event_id=none' : '';
        const target = `${filled}?${text}${stream}`;
        const headers = key === undefined || key.trim() === '' ? {} : { 'idempotency-key': key };
        const sends = method === 'POST' || method === 'PUT';
        const given = sends ? { body: raw ? JSON.stringify(body).slice(1) : JSON.stringify(body), headers } : {};
        expectOurs(await stage.ask(method, target, given), `${method} ${target} ${JSON.stringify(given)}`);
      }),
      { numRuns: runs },
    );
  }
});
