import { readFileSync } from 'node:fs';
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
