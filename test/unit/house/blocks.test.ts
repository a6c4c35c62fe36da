import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { helpFor } from '../../../src/cli/help.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { type StatusEvent, statusEvent } from '../../../src/recorder/recording/events.ts';
import type { RecordingRecord } from '../../../src/recorder/recording/record.ts';
import { createDialPlan } from '../../../src/switch/sip/dial-plan.ts';
import { createNonces } from '../../../src/switch/sip/digest/nonces.ts';
import { createInboundTrunks } from '../../../src/switch/sip/inbound-trunks.ts';
import { createSyntaxCheck } from '../../../src/switch/swml/expressions/syntax.ts';
import { lintScript } from '../../../src/switch/swml/lint/lint.ts';
import { methodTable } from '../../../src/switch/swml/methods/table.ts';
import { type BlockClass, classOf } from '../../kit/block-class.ts';
import { commandNamed, requestOf } from '../../kit/commands-in-prose.ts';
import { type Block, documents, placeOf } from '../../kit/documents.ts';
import { mermaidProblems } from './mermaid.ts';

const syntax = createSyntaxCheck();

/** Loads it as a server would, and makes of its trunks what a server makes of them. */
const useAsConfiguration = (yaml: string): void => {
  const file = join(mkdtempSync(join(tmpdir(), 'sipreel-docs-')), 'sipreel.yaml');
  writeFileSync(file, yaml);
  const { trunks, sip } = loadConfig({ file });
  createDialPlan(trunks);
  const nonces = createNonces({ secret: 'x', lifetimeMs: sip.digest.nonce_lifetime });
  createInboundTrunks(trunks, { ...sip.digest, unknownSource: sip.unknown_source, nonces });
};

/** Lines that are not of this form. */
const linesUnlike = (text: string, form: RegExp): readonly string[] =>
  text.split('\n').filter((line) => line !== '' && !form.test(line));

/** The kinds that need nothing but our code; what needs a server or another program is in test/e2e/documents.test.ts. */
const checks: Partial<Record<BlockClass, (block: Block) => unknown>> = {
  async script({ page, text }) {
    // What is copied from here runs wherever SWML runs.
    expect(await lintScript(text, { name: page, methods: methodTable, strict: true, syntax })).toEqual([]);
  },
  configuration: ({ text }) => useAsConfiguration(text),
  setting({ text, heading, before }) {
    const path = /^For `([\w.]+)`:$/.exec(before)?.[1] ?? heading;
    const indent = (lines: string, by: number): string => lines.replaceAll(/^/gm, ' '.repeat(by));
    const keys = path.split('.');
    useAsConfiguration(keys.map((key, depth) => `${' '.repeat(depth)}${key}:\n`).join('') + indent(text, keys.length));
  },
  event({ text }) {
    const shown = JSON.parse(text) as StatusEvent;
    const { record, state, ...known } = shown.params;
    const { format, direction, stereo } = { ...record, ...record.audio };
    const made: RecordingRecord = {
      ...known,
      ...{ state: 'finished', from: '', to: '', format, direction, stereo },
    };
    expect(statusEvent(made, state)).toEqual(shown);
  },
  mermaid: ({ text }) => expect(mermaidProblems(text)).toEqual([]),
  drawing({ text }) {
    // What could be copied and tried is no drawing.
    expect(text).not.toMatch(/^\s*(\$|#|sipreel|npm|node|curl)\s/m);
    expect(text).toMatch(/─|--|[/\\|]/);
  },
  dialplan: ({ text }) =>
    expect(linesUnlike(text, /^(exten => [^\s,]+,\d+|\s+same => n),[A-Z]\w+\(([^(){}]|\{[^{}]*\})*\)$/)).toEqual([]),
  xml: ({ text }) => expect(linesUnlike(text, /^<\w+( \w+="[^"<]*")+\/>$/)).toEqual([]),
};

const blocks = documents.flatMap((document) => document.blocks);
const checkedHere = blocks.flatMap((block) => {
  const check = checks[classOf(block)];
  return check === undefined ? [] : [[placeOf(block), classOf(block), block, check] as const];
});

test('each block of each page is of a kind that is checked', () => {
  expect(() => blocks.map(classOf)).not.toThrow();
  expect(blocks.length).toBeGreaterThan(60);
  expect(documents.flatMap(({ page, indented }) => indented.map((line) => `${page}:${line}`))).toEqual([]);
});

test('a block of an unknown kind is refused, with where it is', () => {
  const block = { page: 'docs/x.md', line: 7, language: '', text: 'anything\n', heading: '', before: '' };
  expect(() => classOf(block)).toThrow('docs/x.md:7: nobody checks a block of "" that begins with "anything"');
});

test.each(checkedHere)('%s: the %s is one', async (_place, _kind, block, check) => {
  await check(block);
});

const spans = documents.flatMap((document) => document.spans);

test('the files and folders that pages name are there', () => {
  const named = spans.filter(({ text }) => /^(src|test|docs|deploy|config|bench)\/[\w./-]*$/.test(text));
  expect(named.filter(({ text }) => !existsSync(text)).map((span) => `${placeOf(span)} ${span.text}`)).toEqual([]);
  expect(named.length).toBeGreaterThan(20);
});

test('the tests that pages name are there', () => {
  const named = spans.filter(({ text }) => /^(unit|parts|e2e|chaos)\/[\w./-]+$/.test(text));
  const missing = named.filter(({ text }) => !existsSync(`test/${text}`) && !existsSync(`test/${text}.test.ts`));
  expect(missing.map((span) => `${placeOf(span)} ${span.text}`)).toEqual([]);
  expect(named.length).toBeGreaterThan(20);
});

test('the commands of sipreel that pages name are there', () => {
  const named = spans.flatMap((span) => {
    const words = commandNamed(span);
    return words === undefined ? [] : [{ place: placeOf(span), words }];
  });
  const missing = named.filter(({ words: [command = '', action = ''] }) => {
    const help = helpFor(command);
    return help === helpFor('') || !help.includes(`sipreel ${command}`) || !help.includes(action);
  });
  expect(missing).toEqual([]);
  expect(named.length).toBeGreaterThan(10);
});

test('the requests that pages name are in docs/openapi.json', () => {
  const { paths } = JSON.parse(readFileSync('docs/openapi.json', 'utf8')) as {
    paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
  const named = spans.flatMap((span) => {
    const request = requestOf(span);
    return request === undefined ? [] : [{ ...request, place: placeOf(span) }];
  });
  const unknown = named.filter(({ method, path }) => {
    // A server tells what it can without being in its own list.
    if (path === '/openapi.json') return false;
    const shape = path.split('?')[0]?.replaceAll(/\{\w+\}|\$\w+/g, '{}');
    const found = Object.entries(paths).find(([known]) => known.replaceAll(/\{\w+\}/g, '{}') === shape);
    return found?.[1][method.toLowerCase()] === undefined;
  });
  expect(unknown).toEqual([]);
  expect(named.length).toBeGreaterThan(8);
});
