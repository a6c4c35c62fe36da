import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Stage, startStage } from '../kit/stage.ts';

let dir: string;
let stage: Stage;

const inline = (url: string) => ({
  sections: { main: [{ request: { url, method: 'POST', body: { sees: '%{call.to}' } } }, 'hangup'] },
});

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sipreel-e2e-scripts-'));
  const busy = Array.from({ length: 50 }, (_, n) => [
    { label: `l${n}` },
    { set: { n: `\${(n || 0) + 1}` } },
    { goto: { label: `l${n}`, when: 'n > 0' } },
  ]);
  await writeFile(join(dir, 'short.yaml'), 'sections: {main: [hangup: busy]}\n');
  await writeFile(join(dir, 'busy.json'), JSON.stringify({ sections: { main: busy.flat() } }));
  stage = await startStage({
    routes: (host) => [
      { to: 'fallback', script: join(dir, 'none.yaml'), fallback: host },
      { to: 'strict', script: join(dir, 'short.yaml'), strict: true },
      { to: 'strict-fallback', script: join(dir, 'short.yaml'), strict: true, fallback: host },
      { to: 'inline', script: inline(new URL('/told/inline/ran', host).href) },
      { to: 'busy', script: join(dir, 'busy.json') },
      { to: '*', script: host },
    ],
  });
});

afterAll(async () => {
  await stage.close();
  await rm(dir, { recursive: true, force: true });
});

test('the fallback of a route runs where its script is not there, or is not strict though it should be', async () => {
  const { host, server, dial } = stage;
  for (const number of ['fallback', 'strict-fallback']) {
    host.serve(number, [{ answer: {} }, host.tell(number, 'running'), { hangup: {} }]);
    const call = await dial(number);
    await call.answered;
    await host.told(number, 'running');
    expect(await call.ended).toBe('server');
  }
  await server.waitForLog(
    'why the fallbacks ran',
    ({ msg, err }) =>
      String(msg).endsWith('its fallback runs') &&
      (err as { code?: string }).code === 'relay_script_method_parameter_invalid_value',
  );
});

test('a script may stand in its route', async () => {
  await stage.dial('inline');
  expect(await stage.host.told('inline', 'ran')).toMatchObject({ sees: expect.stringContaining('sip:inline@') });
});

test('a script that is to be strict and is not is refused, with its line', async () => {
  const call = await stage.dial('strict');
  expect(await call.final).toBe(500);
  await call.answered.catch(() => undefined);
  expect(call.messages.join('\n')).toMatch(/Warning: 399 sipreel .*short\.yaml:1:27: .*this script is to be strict/);
});

test('scripts that loop stop no other script, and its expressions are served first', async () => {
  const { host, dial } = stage;
  const looping = await Promise.all(Array.from({ length: 5 }, () => dial('busy')));
  for (const call of looping) call.answered.catch(() => undefined);
  host.serve('counting', [
    { answer: {} },
    { set: { n: 0 } },
    { label: 'again' },
    { set: { n: `\${n + 1}` } },
    { goto: { label: 'again', when: 'n < 20' } },
    host.tell('counting', 'counted', ['n']),
    { hangup: {} },
  ]);
  const call = await dial('counting');
  await call.answered;
  expect((await host.told('counting', 'counted')).more).toEqual({ n: 20 });
  expect(await call.ended).toBe('server');
  expect(looping.flatMap(({ requests }) => requests)).toEqual([]);
  for (const busy of looping) await busy.cancel();
});

test('the server tells what scripts may be', async () => {
  const schema = (await (await fetch(`${stage.server.http}/schema.json`)).json()) as { $defs: object };
  const page = readFileSync('docs/04-swml.md', 'utf8');
  for (const name of Object.keys(schema.$defs).filter((key) => key.startsWith('method_'))) {
    expect(page).toContain(`### \`${name.slice('method_'.length)}\``);
  }
});
