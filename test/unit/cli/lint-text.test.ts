import { expect, test } from 'vitest';
import { findingText, summary } from '../../../src/cli/lint-text.ts';

const finding = {
  severity: 'error',
  code: 'some_code',
  message: 'sections.main[0]: what is wrong',
  script: 'a.yaml',
  path: 'sections.main[0]',
  line: 2,
  column: 3,
  remedy: 'Do better.',
} as const;

test('the mark stands below the column, also after tabs', () => {
  expect(findingText(finding, ['one', '\tx: y'])).toBe(
    'a.yaml:2:3: error: sections.main[0]: what is wrong [some_code]\n2 | \tx: y\n  | \t ^\n    Do better.\n',
  );
});

test('of a long line the part around the column is shown', () => {
  const line = `${'a'.repeat(500)}HERE${'b'.repeat(500)}`;
  const [, source = '', mark = ''] = findingText({ ...finding, line: 1, column: 501 }, [line]).split('\n');
  expect(source.length).toBeLessThan(140);
  expect(source.slice(mark.indexOf('^'), mark.indexOf('^') + 4)).toBe('HERE');
  expect(source).toMatch(/^1 \| \.\.\.a+HEREb+\.\.\.$/);
});

test('without the line there is no excerpt', () => {
  expect(findingText(finding, [])).toBe(
    'a.yaml:2:3: error: sections.main[0]: what is wrong [some_code]\n    Do better.\n',
  );
});

test.each([
  [{ scripts: 1, errors: 0, warnings: 2 }, '1 script: no errors, 2 warnings\n'],
  [{ scripts: 3, errors: 1, warnings: 0 }, '3 scripts: 1 error, no warnings\n'],
])('%j is told in a line', (counts, line) => {
  expect(summary(counts)).toBe(line);
});
