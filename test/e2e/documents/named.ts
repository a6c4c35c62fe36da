import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { parse } from 'yaml';
import { parseBenchArguments } from '../../../bench/arguments.ts';
import { parseBusyArguments } from '../../../bench/busy/arguments.ts';
import { parseStopArguments } from '../../../bench/stop/arguments.ts';
import { parseArguments } from '../../../src/cli/arguments.ts';
import { loadConfig } from '../../../src/config/load.ts';

type Words = readonly string[];

const packageJson = JSON.parse(readFileSync('package.json', 'utf8')) as {
  readonly name: string;
  readonly scripts: Readonly<Record<string, string>>;
};
const composed = Object.keys((parse(readFileSync('deploy/compose.yaml', 'utf8')) as { services: object }).services);
const units = readdirSync('deploy/systemd');

/** What stands behind the -- of npm run, by the reader of the program that gets it. */
const readers: Readonly<Record<string, (words: Words) => unknown>> = {
  demo: (words) => parseArguments(['demo', ...words]),
  bench: ([first = '', ...rest]) =>
    first === 'busy-scripts' ? parseBusyArguments(rest) : parseBenchArguments(first === '' ? rest : [first, ...rest]),
  'bench:stop': parseStopArguments,
  // It has no reader that can be asked; with --help it reads all the same, and starts nothing.
  chaos: (words) => promisify(execFile)(process.execPath, ['test/chaos/main.mjs', ...words, '--help']),
};

const npm = async ([command = '', ...words]: Words): Promise<void> => {
  if (command === 'install') {
    const at = words.indexOf('--prefix');
    const packages = words.filter((_word, index) => at < 0 || (index !== at && index !== at + 1));
    // Which of them can be had is the registry's to say; ours is called as it is.
    for (const name of packages) expect(name).toMatch(/^(@[a-z0-9-]+\/)?[a-z0-9-]+$/);
    return;
  }
  const [name = '', dashes, ...rest] = command === 'run' ? words : [command, ...words];
  expect(Object.keys(packageJson.scripts), `npm run ${name}`).toContain(name);
  if (dashes === undefined) return;
  expect(dashes).toBe('--');
  expect(Object.keys(readers), `what npm run ${name} takes`).toContain(name);
  await readers[name]?.(rest);
};

const sipreel = (words: Words): void => {
  const given = parseArguments(words);
  if (given.command !== 'serve') return;
  const { routes } = loadConfig({
    settings: given.settings,
    ...(given.config === undefined ? {} : { file: given.config }),
  });
  for (const { script } of routes)
    if (typeof script === 'string') expect(existsSync(script), `${script} is there`).toBe(true);
};

/** How it is judged what a line names and does not run. */
export const judgeNamed: Readonly<Record<string, (words: Words) => unknown>> = {
  npm,
  sipreel,
  npx([program, command, ...paths]) {
    expect([program, command]).toEqual(['vitest', 'run']);
    for (const path of paths) expect(existsSync(path), `${path} is there`).toBe(true);
  },
  docker([command = '', ...words]) {
    if (command === 'build') return expect(existsSync(words[words.indexOf('-f') + 1] ?? '')).toBe(true);
    const [verb, service = '', ...rest] = words;
    expect([command, verb]).toEqual(['compose', 'exec']);
    expect(composed, `service ${service}`).toContain(service);
    expect(rest.shift()).toBe('sipreel');
    sipreel(rest);
  },
  helm([command, _release, chart = '']) {
    expect(command).toBe('install');
    expect(existsSync(`${chart}/Chart.yaml`), `${chart} is a chart`).toBe(true);
  },
  git: ([command]) => expect(command).toBe('clone'),
  systemctl([verb, ...names]) {
    expect(['start', 'stop', 'restart', 'enable', 'status']).toContain(verb);
    for (const name of names) expect(units).toContain(`${name}.service`);
  },
  journalctl(words) {
    const pattern = words[words.indexOf('-u') + 1] ?? '';
    const form = new RegExp(`^${pattern.replaceAll('*', '.*')}\\.service$`);
    expect(
      units.filter((unit) => form.test(unit)),
      `units of ${pattern}`,
    ).not.toEqual([]);
  },
};
