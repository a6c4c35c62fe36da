import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type BlockClass, classOf, outputOf } from '../kit/block-class.ts';
import { isCommand } from '../kit/commands-in-prose.ts';
import { type Block, documents, placeOf } from '../kit/documents.ts';
import { judgeNamed } from './documents/named.ts';
import { programProblems } from './documents/programs.ts';
import { type DocumentWorld, openDocumentWorld } from './documents/world.ts';

/** What pages tell a reader to type, and what they show of answers, against one server; the rest is in unit/house/blocks. */
let world: DocumentWorld;

beforeAll(async () => {
  world = await openDocumentWorld();
});
afterAll(() => world?.close());

const blocksOf = (kind: BlockClass): readonly Block[] =>
  documents.flatMap(({ blocks }) => blocks.filter((block) => classOf(block) === kind));

/** The same command by the same name for what it is given. */
const plain = (text: string): string => text.trim().replaceAll(/\/etc\/sipreel\/sipreel\.yaml/g, 'FILE');

/** Every block for a shell, and every command in the prose, each as often as it differs: its text and where it is first. */
const typed = new Map<string, string>();
for (const each of [...blocksOf('commands'), ...documents.flatMap(({ spans }) => spans.filter(isCommand))]) {
  if (!typed.has(plain(each.text))) typed.set(plain(each.text), placeOf(each));
}
/** What is one of several lines elsewhere is typed there. */
const lines = new Set(
  [...typed.keys()].flatMap((text) =>
    text.includes('\n') ? text.split('\n').map((line) => line.replace(/ +# .*$/, '')) : [],
  ),
);
const commands = [...typed].filter(([text]) => !lines.has(text)).map(([text, place]) => ({ text, place }));
/** What changes calls and recordings is done in the order of the page. */
const changes = ({ text }: { readonly text: string }): boolean => /\$(CALL|RECORDING)\b/.test(text);

const expectGood = async (text: string): Promise<string> => {
  const { code, stdout, stderr, named } = await world.type(text);
  expect(code, `${text}\n${stdout}${stderr}`).toBe(0);
  for (const [program = '', ...words] of named) await judgeNamed[program]?.(words);
  return stdout;
};

test('the docs have commands', () => {
  expect(commands.length).toBeGreaterThan(50);
});

describe('what a reader types', () => {
  test.concurrent.each(commands.filter((command) => !changes(command)))('$place: $text', async ({ text }) => {
    await expectGood(text);
  });
});

describe('what a reader asks of calls and recordings', () => {
  test.each(commands.filter(changes))('$place: $text', async ({ text }) => {
    const said = await expectGood(text);
    // An answer, or nothing where nothing is left.
    if (!text.includes('DELETE')) expect(said).toMatch(/^(\{.*\})+$|^retry: /s);
  });
});

test('a program that no page has told of before fails its line', async () => {
  const { code, stderr } = await world.type('unheard-of --thing');
  expect(stderr).toContain('unheard-of: command not found');
  expect(code).toBe(127);
});

test("the README's script records, and tells its status_url so", async () => {
  const callId = await world.callUp();
  const { json } = await world.sink.waitFor('the recording', ({ path, body }) => {
    return path === '/recordings' && body.includes(callId);
  });
  expect(json).toMatchObject({ params: { state: 'recording', record: { format: 'mp3', audio: { stereo: true } } } });
});

test.each(blocksOf('problem').map((block) => [placeOf(block), block]))(
  '%s: the API says it so',
  async (_place, block) => {
    const shown = JSON.parse(block.text) as { readonly status: number; readonly detail: string };
    const name = /"(\w+)"/.exec(shown.detail)?.[1];
    const { status, json } = await world.ask('GET', `/api/recordings/${name}`);
    expect(json).toEqual(shown);
    expect(status).toBe(shown.status);
  },
);

describe('what comes from /api/events', () => {
  /** Names of the keys in the data of an event, ids left out. */
  const keysOf = (data: string): readonly string[] => [...data.matchAll(/"(\w+)":/g)].map(([, key = '']) => key);

  test.each(blocksOf('event stream').map((block) => [placeOf(block), block]))('%s', async (_place, block) => {
    const [, event = ''] = /^event: (.*)$/m.exec(block.text) ?? [];
    const [, shown = ''] = /^data: (.*)$/m.exec(block.text) ?? [];
    await Promise.all([world.recording('heard'), world.done()]);
    const came = await world.event(event);
    expect(keysOf(shown).length).toBeGreaterThan(1);
    expect(keysOf(came)).toEqual(expect.arrayContaining([...keysOf(shown)]));
  });
});

test('what Prometheus is told is what it takes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sipreel-prometheus-'));
  const blocks = blocksOf('prometheus');
  for (const [index, { text }] of blocks.entries()) {
    const file = join(folder, `${index}.yml`);
    await writeFile(file, text);
    await promisify(execFile)('promtool', ['check', 'config', '--syntax-only', file]);
  }
  await rm(folder, { recursive: true });
  expect(blocks.length).toBeGreaterThan(0);
});

test('programs are right for TypeScript', async () => {
  const programs = blocksOf('program');
  expect(programs.length).toBeGreaterThan(4);
  expect(await programProblems(programs)).toBe('');
});

test('the doctor says of a Redis that throws jobs away what docs/18-operations.md shows', async () => {
  const redis = new Redis(world.parts.redisUrl);
  await redis.config('SET', 'maxmemory', '512mb', 'maxmemory-policy', 'allkeys-lru');
  onTestFinished(async () => {
    await redis.config('SET', 'maxmemory', '0', 'maxmemory-policy', 'noeviction');
    redis.disconnect();
  });
  const { code, stdout } = await world.type('sipreel doctor');
  const numberless = (text: string): string => text.replaceAll(/\d+/g, 'N');
  for (const part of outputOf('doctor').text.split('[...]')) {
    expect(numberless(stdout)).toContain(numberless(part).trimEnd());
  }
  expect(code).toBe(1);
});
