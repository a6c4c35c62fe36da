import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as sipreel from '../../../src/recorder/index.ts';

const publicTypes = [
  ...[
    'Bridge',
    'BridgeDialog',
    'BridgeRequest',
    'CallToRecord',
    'Controlled',
    'CreateRecorderOptions',
    'DeletionResult',
    'EndReason',
  ],
  ...[
    'ErrorCode',
    'FileStore',
    'GivenParameters',
    'PauseAnswer',
    'PauseBehavior',
    'RecordBridge',
    'RecordBridgesOptions',
  ],
  ...['Recorder', 'Recording', 'RecordingRecord', 'RecordingReference', 'RecordingState', 'StatusEvent'],
];

test('the package exports what is meant to be public, and nothing else', () => {
  expect(Object.keys(sipreel).sort()).toEqual(['SipreelError', 'createRecorder', 'recordBridges']);
  const source = readFileSync('src/recorder/index.ts', 'utf8');
  const names = [...source.matchAll(/\{([^}]*)\}/g)].flatMap(([, list = '']) => list.match(/\b[A-Za-z]+\b/g) ?? []);
  const types = new Set(names.filter((name) => name !== 'type' && !(name in sipreel)));
  expect([...types].sort()).toEqual(publicTypes.sort());
  const { exports, types: main } = JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, unknown>;
  expect(exports).toEqual({
    '.': { types: main, default: './dist/recorder/index.js' },
    './package.json': './package.json',
  });
});

test('docs/21-plugin.md names each option of createRecorder', () => {
  const page = readFileSync('docs/21-plugin.md', 'utf8');
  const source = readFileSync('src/recorder/plugin/options.ts', 'utf8');
  const body = source.slice(source.indexOf('interface CreateRecorderOptions'), source.indexOf('/** A call of yours'));
  const options = [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map((match) => match[1] ?? '');
  expect(options.length).toBeGreaterThan(10);
  expect(options.filter((name) => !page.includes(`| \`${name}\``))).toEqual([]);
});
