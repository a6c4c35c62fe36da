import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { Agent } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CallFacts } from '../../../src/switch/swml/call-port.ts';
import { loadRouteScript, type RouteScript } from '../../../src/switch/swml/route-script.ts';
import { createScriptHttp } from '../../../src/switch/swml/script-http.ts';
import { createScriptSource } from '../../../src/switch/swml/script-source.ts';
import { type ScriptServer, startScriptServer } from './script-server.ts';

const facts: CallFacts = {
  call_id: 'c',
  node_id: 'n',
  segment_id: 's',
  direction: 'inbound',
  type: 'sip',
  from: 'sip:a@example.com',
  to: 'sip:b@example.com',
  headers: {},
};
const good = JSON.stringify({ sections: { main: [{ answer: {} }] } });
const dispatcher = new Agent();
let server: ScriptServer;
let dir: string;
let logged: { level: number; script?: string; fallback?: string; err?: { code: string } }[];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sipreel-fallback-'));
  await writeFile(join(dir, 'fallback.yaml'), 'sections: {main: [{hangup: {}}]}');
  await writeFile(join(dir, 'short.yaml'), 'sections: {main: hangup}');
  server = await startScriptServer(({ path }, response) => {
    if (path === '/silent') return;
    if (path === '/drip') return void response.write('sections:');
    if (path === '/away') response.statusCode = 503;
    if (path === '/large') return void response.end('#'.repeat(1_048_577));
    if (path === '/limit') return void response.end(`${good}${' '.repeat(1_048_576 - good.length)}`);
    response.end(path === '/invalid' ? 'sections: {main: [nosuch]}' : good);
  });
});
afterAll(async () => {
  await server.close();
  await dispatcher.close();
  await rm(dir, { recursive: true });
});
beforeEach(() => {
  logged = [];
  server.seen.length = 0;
});

const load = async (route: RouteScript) => {
  const log = pino({}, { write: (line: string) => void logged.push(JSON.parse(line)) });
  const source = createScriptSource(createScriptHttp(dispatcher), { baseDir: dir, timeoutMs: 1_500 });
  const document = await loadRouteScript(source, route, facts, log);
  return document.sections.get('main')?.block.steps.map(({ method }) => method.name);
};

describe('the fallback of a route', () => {
  test.each([
    ['/away', 2, 'script_unreadable'],
    ['/silent', 2, 'script_unreadable'],
    ['/drip', 2, 'script_unreadable'],
    ['/large', 1, 'script_unreadable'],
    ['/invalid', 1, 'relay_script_method_undefined'],
  ])('runs for %s, after %i tries, and the error is logged', async (path, tries, code) => {
    const script = `${server.url.replace('//', '//user:secret@')}${path}`;
    expect(await load({ script, fallback: 'fallback.yaml' })).toEqual(['hangup']);
    expect(server.seen).toHaveLength(tries);
    expect(logged).toMatchObject([
      { level: 50, script: `${server.url}${path}`, fallback: 'fallback.yaml', err: { code } },
    ]);
    expect(JSON.stringify(logged)).not.toContain('secret');
  });

  test.each(['/good', '/limit'])('does not run for %s', async (path) => {
    expect(await load({ script: `${server.url}${path}`, fallback: 'fallback.yaml' })).toEqual(['answer']);
    expect(logged).toEqual([]);
  });

  test('may come from a server too', async () => {
    expect(await load({ script: 'none.yaml', fallback: `${server.url}/good` })).toEqual(['answer']);
  });

  test('that cannot be had either leaves the error of the script, which names both', async () => {
    await expect(load({ script: `${server.url}/invalid`, fallback: 'none.yaml' })).rejects.toMatchObject({
      code: 'relay_script_method_undefined',
      message: expect.stringMatching(/nosuch.*; the fallback too: script none\.yaml: ENOENT/s),
      details: { line: 1 },
    });
  });

  test('is not looked for where there is none', async () => {
    await expect(load({ script: 'none.yaml' })).rejects.toMatchObject({ code: 'script_unreadable' });
    expect(logged).toEqual([]);
  });
});

describe('a strict route', () => {
  test('refuses short forms, and those of its fallback', async () => {
    await expect(load({ script: 'short.yaml', strict: true })).rejects.toThrow('this script is to be strict');
    expect(await load({ script: 'short.yaml', fallback: 'fallback.yaml', strict: true })).toEqual(['hangup']);
    await expect(load({ script: 'fallback.yaml', strict: true })).resolves.toEqual(['hangup']);
    await expect(load({ script: 'none.yaml', fallback: 'short.yaml', strict: true })).rejects.toThrow('to be strict');
  });

  test('does not share what it has read with one that is not strict', async () => {
    const log = pino({ level: 'silent' });
    const source = createScriptSource(createScriptHttp(dispatcher), { baseDir: dir });
    await loadRouteScript(source, { script: 'short.yaml' }, facts, log);
    await expect(loadRouteScript(source, { script: 'short.yaml', strict: true }, facts, log)).rejects.toThrow('strict');
  });
});
