import { afterEach, beforeEach, expect, test } from 'vitest';
import { createStatusSink, type StatusSink } from '../../kit/status-sink.ts';

let sink: StatusSink;

const post = (body: string, signal?: AbortSignal) =>
  fetch(sink.url, { method: 'POST', body, headers: { 'X-Test': 'yes' }, ...(signal ? { signal } : {}) });

beforeEach(async () => {
  sink = await createStatusSink();
});

afterEach(() => sink.close());

test('a sink keeps what is posted and answers as it is told, then 200', async () => {
  sink.script([503, 410]);
  const statuses = [];
  for (const body of ['{"n":1}', '{"n":2}', 'no json']) statuses.push((await post(body)).status);
  expect(statuses).toEqual([503, 410, 200]);
  expect(sink.posts.map(({ json, body, answered }) => [json, body, answered])).toEqual([
    [{ n: 1 }, '{"n":1}', 503],
    [{ n: 2 }, '{"n":2}', 410],
    [undefined, 'no json', 200],
  ]);
  expect(sink.posts[0]).toMatchObject({ path: '/status', headers: { 'x-test': 'yes' } });
});

test('a sink cuts and hangs when told so', async () => {
  sink.script(['cut', 'hang']);
  await expect(post('{}')).rejects.toThrow();
  await expect(post('{}', AbortSignal.timeout(200))).rejects.toThrow(/timeout/);
  expect(sink.posts.map(({ answered }) => answered)).toEqual([0, 0]);
});

test('a post is waited for, and its absence is told with what came instead', async () => {
  const waiting = sink.waitFor('number 2', ({ json }) => json?.n === 2);
  await post('{"n":1}');
  await post('{"n":2}');
  expect((await waiting).body).toBe('{"n":2}');
  await expect(sink.waitFor('number 3', ({ json }) => json?.n === 3, 50)).rejects.toThrow(
    'number 3 was not posted within 50 ms; posted was:\n  200 {"n":1}\n  200 {"n":2}',
  );
});
