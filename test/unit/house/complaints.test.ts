import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** Rows whose last column is a file and the name of a test in it. */
const rows = readFileSync('docs/13-complaints.md', 'utf8')
  .split('\n')
  .map((line) => /^\| (.+?) \| .+ \| `(test\/[^`]+)`: (.+) \|$/.exec(line))
  .filter((row) => row !== null)
  .map(([, complaint = '', file = '', name = '']) => ({ complaint, file, name }));

/** Without the quotes that a name needs in code, or the line break of a long one. */
const plain = (text: string): string => text.replaceAll(/['"\\]/g, '');

test('docs/13-complaints.md has a test in each row', () => {
  const table = readFileSync('docs/13-complaints.md', 'utf8').match(/^\| /gm) ?? [];
  // The head and the line below it are no complaints.
  expect(rows.length).toBe(table.length - 2);
  expect(rows.length).toBeGreaterThan(20);
});

test.each(rows)('"$complaint" is the test $name', ({ file, name }) => {
  const named = plain(readFileSync(file, 'utf8')).includes(plain(name));
  expect(named, `${file} has a test of that name`).toBe(true);
});

/** Promises whose cell names a file, or a folder, and tests in it, with dots for what is left out of a name. */
const promised = [
  ...readFileSync('docs/19-reliability.md', 'utf8').matchAll(
    /`((?:unit|parts|e2e)\/[\w/-]+)`: ([^|`]+?)(?=; `|, `| \|)/g,
  ),
].flatMap(([, place = '', names = '']) => names.split('; ').map((name) => ({ place, name })));

const sourceOf = (place: string): string =>
  existsSync(`test/${place}.test.ts`)
    ? readFileSync(`test/${place}.test.ts`, 'utf8')
    : readdirSync(`test/${place}`)
        .map((file) => readFileSync(`test/${place}/${file}`, 'utf8'))
        .join('');

test.each(promised)('docs/19-reliability.md: $place has the test $name', ({ place, name }) => {
  const source = plain(sourceOf(place)).toLowerCase();
  for (const part of name.split('...')) expect(source).toContain(plain(part).trim().toLowerCase());
});

test('docs/19-reliability.md names tests', () => expect(promised.length).toBeGreaterThan(15));
