import { createHmac } from 'node:crypto';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SipreelError } from '../../../src/errors/error.ts';
import { createOutboundDispatcher } from '../../../src/net/address-guard.ts';
import type { CallFacts } from '../../../src/switch/swml/call-port.ts';
import { createScriptHttp } from '../../../src/switch/swml/script-http.ts';
import { createScriptSource } from '../../../src/switch/swml/script-source.ts';
import type { SwmlDocument } from '../../../src/switch/swml/step.ts';
import { type ScriptServer, startScriptServer } from './script-server.ts';

const facts: CallFacts = {
  call_id: 'c',
  node_id: 'n',
  segment_id: 's',
  direction: 'inbound',
  type: 'sip',
  from: 'sip:a@example.com',
  to: 'sip:b@example.com',
  headers: { 'X-A': 'ü' },
};
const methodsOf = (document: SwmlDocument) =>
  document.sections.get('main')?.block.steps.map(({ method }) => method.name);
const good = { sections: { main: ['answer', 'hangup'] } };

const errorOf = async (loading: Promise<unknown>): Promise<SipreelError> => {
  const thrown = await loading.then(
    () => new Error('it was loaded'),
    (error: unknown) => error,
  );
  if (thrown instanceof SipreelError) return thrown;
  throw thrown;
};

const dispatcher = new Agent();
const http = createScriptHttp(dispatcher);
let server: ScriptServer;
let dir: string;
let failures = 0;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sipreel-scripts-'));
  server = await startScriptServer(({ path }, response) => {
    const url = new URL(path, 'http://x');
    switch (url.pathname) {
      case '/json':
        return response.setHeader('content-type', 'application/json').end(JSON.stringify(good));
      case '/yaml':
        return response.end('sections:\n  main:\n    - answer\n    - hangup\n');
      case '/broken':
        return response.end('sections:\n  main:\n    - nosuch\n');
      case '/once':
        if (failures++ === 0) response.statusCode = 503;
        return response.end(JSON.stringify(good));
      case '/reset':
        if (failures++ === 0) return response.destroy();
        return response.end(JSON.stringify(good));
      case '/status':
        response.statusCode = Number(url.searchParams.get('is'));
        return response.setHeader('location', '/json').end('no');
      case '/large':
        return response.end('#'.repeat(1_048_577));
      case '/drip':
        return void response.write('sections:');
      default:
        return undefined;
    }
  });
});
afterAll(async () => {
  await server.close();
  await dispatcher.close();
  await rm(dir, { recursive: true });
});

describe('a script from a server', () => {
  it.each(['/json', '/yaml'])('is read from %s', async (path) => {
    expect(methodsOf(await createScriptSource(http).load(server.url + path, facts))).toEqual(['answer', 'hangup']);
  });

  it('is asked for with the call, the variables and the environment', async () => {
    server.seen.length = 0;
    const source = createScriptSource(http, { envs: { site: 'x' } });
    await source.load(`${server.url}/json?a=1`, facts);
    const [request] = server.seen;
    expect(request).toMatchObject({
      method: 'POST',
      path: '/json?a=1',
      headers: { 'content-type': 'application/json' },
    });
    expect(request?.headers['x-signalwire-signature']).toBeUndefined();
    expect(JSON.parse(request?.body ?? '')).toEqual({
      call: { ...facts, call_state: 'created' },
      vars: {},
      envs: { site: 'x' },
      params: {},
    });
    await source.fetch(`${server.url}/json`, { call: { call_id: 'c' }, vars: { v: 1 }, envs: {}, params: { p: 2 } });
    expect(JSON.parse(server.seen[1]?.body ?? '')).toEqual({
      call: { call_id: 'c' },
      vars: { v: 1 },
      envs: {},
      params: { p: 2 },
    });
  });

  it('is signed over the URL without credentials and the body, and the credentials go along', async () => {
    server.seen.length = 0;
    const withCredentials = server.url.replace('http://', 'http://user:p%40ss@');
    const document = await createScriptSource(http, { signingKey: 'secret' }).load(
      `${withCredentials}/json?q=1`,
      facts,
    );
    expect(document.name).toBe(`${server.url}/json?q=1`);
    const [request] = server.seen;
    if (!request) throw new Error('no request came');
    const { headers, body } = request;
    const sign = (algorithm: string) =>
      createHmac(algorithm, 'secret').update(`${server.url}/json?q=1${body}`).digest('hex');
    expect(headers['x-signalwire-signature']).toBe(sign('sha1'));
    expect(headers['x-signalwire-sha256-signature']).toBe(sign('sha256'));
    expect(headers.authorization).toBe(`Basic ${Buffer.from('user:p@ss').toString('base64')}`);
  });

  it.each(['/once', '/reset'])('is asked for once more where the first try failed: %s', async (path) => {
    failures = 0;
    server.seen.length = 0;
    expect(methodsOf(await createScriptSource(http).load(server.url + path, facts))).toEqual(['answer', 'hangup']);
    expect(server.seen).toHaveLength(2);
  });

  it.each([
    ['/status?is=503', 2, 'status 503'],
    ['/status?is=404', 1, 'status 404'],
    ['/status?is=302', 1, 'status 302'],
    ['/large', 1, 'larger than 1048576 bytes'],
    ['/silent', 2, 'within 1500 ms'],
    ['/drip', 2, 'within 1500 ms'],
  ])('that does not come is script_unreadable with the reason: %s', async (path, requests, reason) => {
    server.seen.length = 0;
    const error = await errorOf(createScriptSource(http, { timeoutMs: 1_500 }).load(server.url + path, facts));
    expect([error.code, error.kind.sip]).toEqual(['script_unreadable', 500]);
    expect(error.message).toContain(`script ${server.url}${path}: `);
    expect(error.message).toContain(reason);
    expect(server.seen).toHaveLength(requests);
  });

  it('that is no script has the error of the script', async () => {
    const error = await errorOf(createScriptSource(http).load(`${server.url}/broken`, facts));
    expect(error.message).toContain(`${server.url}/broken:3:7: sections.main[0].nosuch: `);
  });

  it('from a port where nothing listens, or an address that is not allowed, is script_unreadable', async () => {
    const closed = await startScriptServer(() => undefined);
    await closed.close();
    const refused = await errorOf(createScriptSource(http).load(`${closed.url}/x`, facts));
    expect([refused.code, refused.message]).toEqual(['script_unreadable', expect.stringContaining('ECONNREFUSED')]);
    const guard = createOutboundDispatcher();
    const guarded = await errorOf(createScriptSource(createScriptHttp(guard)).load(`${server.url}/json`, facts));
    expect([guarded.code, guarded.message]).toEqual(['script_unreadable', expect.stringContaining('private address')]);
    await guard.close();
  });

  it('is given up with the call', async () => {
    const ended = new AbortController();
    const loading = createScriptSource(http).load(`${server.url}/silent`, facts, { signal: ended.signal });
    const reason = new SipreelError('call_ended', 'over');
    setImmediate(() => ended.abort(reason));
    await expect(loading).rejects.toBe(reason);
  });
});

describe('a script from a file', () => {
  it('is parsed again when the file changes, and only then', async () => {
    const file = join(dir, 'a.yaml');
    const source = createScriptSource(http, { baseDir: dir });
    await writeFile(file, 'sections: {main: answer}');
    const first = await source.load('a.yaml', facts);
    expect(await source.load('a.yaml', facts)).toBe(first);
    await writeFile(file, 'sections: {main: hangup}');
    await utimes(file, new Date(), new Date(Date.now() + 5_000));
    expect(methodsOf(await source.load('a.yaml', facts))).toEqual(['hangup']);
    await writeFile(file, 'sections: {main: nosuch}');
    expect((await errorOf(source.load('a.yaml', facts))).message).toContain('a.yaml:1:18: sections.main.nosuch: ');
  });

  it.each([
    ['missing.yaml', 'ENOENT'],
    ['', 'EISDIR'],
    ['large.yaml', 'larger than'],
  ])('that cannot be read is script_unreadable: %j', async (name, reason) => {
    await writeFile(join(dir, 'large.yaml'), '#'.repeat(1_048_577));
    const error = await errorOf(createScriptSource(http, { baseDir: dir }).load(name, facts));
    expect([error.code, error.message]).toEqual(['script_unreadable', expect.stringContaining(reason)]);
    expect(error.details).toMatchObject({ script: name });
  });
});

it('a script may be given as it is', async () => {
  const source = createScriptSource(http);
  expect(methodsOf(await source.load(good, facts))).toEqual(['answer', 'hangup']);
  expect(methodsOf(await source.load(JSON.stringify(good), facts))).toEqual(['answer', 'hangup']);
  expect(methodsOf(await source.load('sections:\n  main: answer', facts))).toEqual(['answer']);
  expect((await errorOf(source.load({ sections: {} }, facts))).message).toContain('inline script:2:15: sections: ');
});
