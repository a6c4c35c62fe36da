import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { pages } from '../../kit/documents.ts';

const config = loadConfig({}) as unknown as Readonly<Record<string, unknown>>;

/** True for a key of the configuration, as far as its defaults tell: what is in lists is not looked at. */
const exists = (path: string): boolean => {
  let at: unknown = config;
  for (const part of path.split('.')) {
    if (Array.isArray(at)) return true;
    if (typeof at !== 'object' || at === null || !(part in at)) return false;
    at = (at as Readonly<Record<string, unknown>>)[part];
  }
  return true;
};

test.each(pages)('the configuration keys that %s names exist', (page) => {
  const text = readFileSync(page, 'utf8');
  const named = [...text.matchAll(/['`]([a-z0-9_]+(?:\.[a-z0-9_]+)+)(?=['`:])/g)]
    .map((match) => match[1] ?? '')
    .filter((name) => (name.split('.')[0] ?? '') in config);
  expect(named.filter((name) => !exists(name))).toEqual([]);
});

test('the configuration is where the units and the image look for it, on every page', () => {
  const units = ['switch', 'worker'].map((role) => readFileSync(`deploy/systemd/sipreel-${role}.service`, 'utf8'));
  const [, place = ''] = /--config (\S+)$/m.exec(units.join('')) ?? [];
  for (const text of [...units, readFileSync('deploy/Dockerfile', 'utf8')]) expect(text).toContain(place);
  for (const page of pages) {
    const named = readFileSync(page, 'utf8').match(/--config \/\S+?\.yaml/g) ?? [];
    expect([...new Set([`--config ${place}`, ...named])], page).toEqual([`--config ${place}`]);
  }
});

test('each sizing row is what performance.md says, at 60 % of a core', () => {
  const rows = [
    ...readFileSync('docs/17-deployment.md', 'utf8').matchAll(/^\| ([\d,]+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|/gm),
  ];
  expect(rows.length).toBe(5);
  for (const [, calls = '', ...cores] of rows) {
    const expected = [2.23, 0.91 + 1.71, 1.99].map((ms) => (Number(calls.replace(',', '')) * ms) / 1000 / 0.6);
    for (const [index, core] of cores.slice(0, 3).entries()) {
      expect(Math.abs(Number(core) - (expected[index] ?? 0)), `${calls} calls, column ${index}`).toBeLessThan(0.06);
    }
  }
  const performance = readFileSync('docs/23-performance.md', 'utf8');
  expect(performance).toMatch(/\| \*\*all\*\* .*\*\*6\.96\*\* \|/);
});
