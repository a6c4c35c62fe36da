import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A fenced block of a page. */
export interface Block {
  readonly page: string;
  /** Of its first line of text. */
  readonly line: number;
  /** What stands behind the opening fence; empty if nothing does. */
  readonly language: string;
  readonly text: string;
  /** The last heading above it. */
  readonly heading: string;
  /** The last line above it that is not empty. */
  readonly before: string;
}

/** What stands between backticks in the prose of a page. */
export interface Span {
  readonly page: string;
  readonly line: number;
  readonly text: string;
}

export interface Document {
  readonly page: string;
  readonly text: string;
  readonly blocks: readonly Block[];
  readonly spans: readonly Span[];
  /** Lines that are code by indentation alone: nobody can say of what language. */
  readonly indented: readonly number[];
}

/** All that is written for people, in the order of reading. */
export const pages: readonly string[] = [
  ...['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'],
  ...['docs', 'deploy'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .sort()
      .map((name) => join(folder, name)),
  ),
];

/** Takes a page apart. */
export const readDocument = (page: string): Document => {
  const text = readFileSync(page, 'utf8');
  const blocks: Block[] = [];
  const indented: number[] = [];
  const prose: string[] = [];
  let open:
    | { readonly fence: string; readonly language: string; readonly line: number; readonly lines: string[] }
    | undefined;
  let heading = '';
  let before = '';
  for (const [index, line] of text.split('\n').entries()) {
    const [, fence = '', language = ''] = /^\s*(`{3,})\s*(.*)$/.exec(line) ?? [];
    // Lines of blocks are empty lines of the prose, so that the number of a line stays its own.
    prose.push(open || fence !== '' ? '' : line);
    if (open && fence === open.fence) {
      const { lines, ...at } = open;
      blocks.push({ page, line: at.line, language: at.language, text: `${lines.join('\n')}\n`, heading, before });
      open = undefined;
    } else if (open) {
      open.lines.push(line);
    } else if (fence !== '') {
      open = { fence, language, line: index + 2, lines: [] };
    } else {
      if (/^ {4}\S/.test(line) && (prose.at(-2) ?? '') === '') indented.push(index + 1);
      heading = /^#+ (.*)$/.exec(line)?.[1] ?? heading;
      if (line.trim() !== '') before = line;
    }
  }
  if (open) throw new Error(`${page}:${open.line}: the block is not closed`);
  return { page, text, blocks, spans: spansOf(page, prose.join('\n')), indented };
};

/** A span may go over the end of a line, but not over that of a paragraph. */
const spansOf = (page: string, prose: string): readonly Span[] =>
  [...prose.matchAll(/(?<!`)`([^`]+?)`(?!`)/g)]
    .filter(([, text = '']) => !text.includes('\n\n'))
    .map(({ 1: text = '', index }) => ({
      page,
      line: prose.slice(0, index).split('\n').length,
      text: text.replaceAll('\n', ' '),
    }));

export const documents: readonly Document[] = pages.map(readDocument);

/** Where a reader finds it: page and line. */
export const placeOf = ({ page, line }: { readonly page: string; readonly line: number }): string => `${page}:${line}`;
