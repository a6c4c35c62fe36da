import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';

/** folder below src -> folders and files of ours that it may import from. */
const shared = ['errors', 'log.ts', 'closers.ts', 'version.ts', 'rtp', 'rtpengine', 'sdp', 'net', 'types'];
const arrows: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  rtp: [],
  edge: [],
  net: shared,
  sdp: shared,
  rtpengine: shared,
  recorder: shared,
  switch: [...shared, 'recorder'],
  ops: [...shared, 'recorder', 'switch'],
  config: shared,
  embedded: shared,
  dashboard: [],
};

const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => join(folder, name));

const importsOf = (file: string): string[] =>
  [...readFileSync(file, 'utf8').matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map((match) =>
    relative('src', join(dirname(file), match[1] ?? '')),
  );

test.each(Object.entries(arrows))('src/%s imports only what it may', (folder, allowed) => {
  const wrong = filesOf(join('src', folder)).flatMap((file) =>
    importsOf(file)
      .filter((target) => ![folder, ...allowed].includes(target.split('/')[0] ?? ''))
      .map((target) => `${file} imports src/${target}`),
  );
  expect(wrong).toEqual([]);
});

test.each(['prom-client', '@opentelemetry/api'])('only src/ops knows of %s', (library) => {
  const others = filesOf('src').filter(
    (file) => !file.startsWith('src/ops/') && readFileSync(file, 'utf8').includes(`from '${library}'`),
  );
  expect(others).toEqual([]);
});
