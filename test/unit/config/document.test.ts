import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { configDocument } from '../../../src/config/document.ts';
import { loadConfig } from '../../../src/config/load.ts';

const page = readFileSync('docs/06-configuration.md', 'utf8');

/** Dotted paths of all that is no map, or an empty one. */
const leaves = (value: unknown, path: string): readonly string[] => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [path];
  const entries = Object.entries(value);
  return entries.length === 0 ? [path] : entries.flatMap(([key, inner]) => leaves(inner, `${path}.${key}`));
};

test('docs/06-configuration.md is current (npm run docs writes it)', () => {
  expect(page).toBe(configDocument(readFileSync('config/sipreel.yaml', 'utf8')));
});

test('it has every key of the configuration with a sentence', () => {
  const rows = new Map(
    [...page.matchAll(/^\| `([\w.]+)` \| `.*?` \| (.*) \|$/gm)].map(([, path, says]) => [path, says]),
  );
  const sections = new Set([...page.matchAll(/^## (\w+)$/gm)].map(([, name]) => name));
  for (const [section, value] of Object.entries(loadConfig({}))) {
    expect([...sections]).toContain(section);
    if (Array.isArray(value)) continue;
    for (const path of leaves(value, section)) {
      // Addresses are written as one word and read as host and port.
      const known = rows.get(path) ?? rows.get(path.replace(/\.\w+$/, ''));
      expect(known?.length, path).toBeGreaterThan(10);
    }
  }
});

test('examples of keys, and what stands above a section, are in it', () => {
  const source =
    '# About the file.\na:\n  # First.\n  # Second | third.\n  #   - { b: 1 }\n  key: [1, 2]\n# Above.\nb: []\n';
  const made = configDocument(source);
  expect(made).toContain('| `a.key` | `[ 1, 2 ]` | First. Second \\| third. |');
  expect(made).toContain('For `a.key`:\n\n```yaml\n  - { b: 1 }\n```');
  expect(made).toContain('## b\n\nAbove.');
  expect(made).not.toContain('About the file');
});
