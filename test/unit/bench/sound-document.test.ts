import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { tableOf, withTables } from '../../../bench/sound/document.ts';
import { fileChapter } from '../../../bench/sound/files.ts';
import { longCallChapter } from '../../../bench/sound/long-calls.ts';
import { lossChapter } from '../../../bench/sound/loss.ts';
import { pauseChapter } from '../../../bench/sound/pauses.ts';
import { atMost } from '../../../bench/sound/promise.ts';
import { purityChapter } from '../../../bench/sound/purity.ts';

const kept = atMost('a promise', 20, 'ms', 12.345);
const broken = atMost('another', 20, 'ms', 20.1);

test('tables go between the marks of the document, and what is around them stays', () => {
  const document = readFileSync('docs/12-sound.md', 'utf8');
  const made = withTables(document, [tableOf('Title', [kept, broken])]);
  expect(made).toContain('| a promise | at most 20 ms | 12.3 ms |');
  expect(made).toContain('| another | at most 20 ms | 20.1 ms **not kept** |');
  expect(made.slice(0, 500)).toBe(document.slice(0, 500));
  expect(made.slice(-500)).toBe(document.slice(-500));
  expect(withTables(made, [tableOf('Title', [kept, broken])])).toBe(made);
  expect(() => withTables('no marks', [])).toThrow('no lines');
});

test('docs/12-sound.md has the figures of every chapter, and every promise is kept', () => {
  const document = readFileSync('docs/12-sound.md', 'utf8');
  for (const { title } of [longCallChapter, lossChapter, purityChapter, pauseChapter, fileChapter]) {
    expect(document).toContain(`### ${title}\n`);
  }
  expect(document).not.toContain('**not kept**');
});
