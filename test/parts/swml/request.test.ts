import { Agent } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createScriptHttp } from '../../../src/switch/swml/script-http.ts';
import { createScriptedCall, errorOf, run } from '../../unit/swml/scripted-call.ts';
import { type ScriptServer, startScriptServer } from './script-server.ts';

const dispatcher = new Agent();
const http = createScriptHttp(dispatcher);
let server: ScriptServer;

beforeAll(async () => {
  server = await startScriptServer(({ path, body }, response) => {
    if (path === '/silent') return;
    if (path === '/long') return void response.end('é'.repeat(50_000));
    response.setHeader('X-Answer', 'yes');
    if (path === '/missing') response.statusCode = 404;
    response.end(
      path === '/text'
        ? 'plain'
        : JSON.stringify({ path, got: body === '' ? null : JSON.parse(body), __proto__: { bad: 1 } }),
    );
  });
});
afterAll(async () => {
  await server.close();
  await dispatcher.close();
});

/** Sends one request and gives what the script says afterwards. */
const ask = async (parameters: string, say: string) => {
  server.seen.length = 0;
  const script = `    - set: {request_response: old}\n    - request: {${parameters}}\n    - play: 'say:${say}'`;
  const { end, done } = await run(script, createScriptedCall(), { http, vars: { base: server.url } });
  expect(end).toEqual({ result: 'completed' });
  return done.at(-1)?.replace('play say:', '');
};

describe('request', () => {
  it('sends JSON and saves the answer', async () => {
    const said = await ask(
      'url: "${base}/a", method: post, headers: {X-Key: "${call.call_id}"}, body: {n: "${1 + 1}"}, save_variables: true',
      '${request_result} ${return_value} ${request_response_code} ${request_response_headers.x-answer} ${request_response.got.n} ${request_response.path}',
    );
    expect(said).toBe('success success 200 yes 2 /a');
    expect(server.seen[0]).toMatchObject({
      method: 'POST',
      body: '{"n":2}',
      headers: { 'content-type': 'application/json', 'x-key': 'call-1' },
    });
  });

  it('says failed for a status that is not 2xx, with the answer', async () => {
    expect(
      await ask(
        'url: "${base}/missing", method: GET',
        '${request_result} ${request_response_code} [${request_response}]',
      ),
    ).toBe('failed 404 []');
  });

  it('says failed where nothing answers, leaves no old answer, and goes on', async () => {
    const say = '${request_result} [${request_response_code}] [${request_response}] ${request_url}';
    expect(await ask('url: "http://u:p@127.0.0.1:1/", method: GET', say)).toBe('failed [] [] http://127.0.0.1:1/');
    expect(await ask('url: "${base}/silent", method: DELETE, timeout: 0.2', '${request_result}')).toBe('failed');
  });

  it('tells a slow connection from a slow answer', async () => {
    const get = { method: 'GET', headers: {}, maxBytes: 100, connectTimeoutMs: 2_000, timeoutMs: 3_000 };
    await expect(http({ ...get, url: `${server.url}/silent` })).rejects.toThrow('no whole answer within 3000 ms');
    const unconnected = new Agent({ connect: () => undefined });
    const slow = createScriptHttp(unconnected)({ ...get, url: server.url });
    await expect(slow).rejects.toThrow('no connection within 2000 ms');
    void unconnected.destroy();
  });

  it('keeps text as text and at most 64 KB of it', async () => {
    expect(
      await ask(
        'url: "${base}/text", method: GET, save_variables: true',
        '${request_response_body} [${request_response}]',
      ),
    ).toBe('plain []');
    expect(await ask('url: "${base}/long", method: GET', '${(request_response_body.length)}')).toBe('32768');
  });

  it('ends with the call', async () => {
    const call = createScriptedCall();
    const running = run(`    - request: {url: "${server.url}/silent", method: GET}`, call, { http });
    setTimeout(() => call.end(), 50);
    expect((await running).end).toEqual({ result: 'call_ended' });
  });

  it('is an error where requests are not allowed', async () => {
    const error = errorOf((await run('    - request: {url: "http://x.example/", method: GET}')).end);
    expect(error.code).toBe('relay_script_method_execute_failed');
  });
});
