import type { Kept } from './promise.ts';

const begin = '<!-- measured by npm run measure:sound: begin -->';
const end = '<!-- measured by npm run measure:sound: end -->';

/** A chapter's figures as a table of Markdown. */
export const tableOf = (title: string, rows: readonly Kept[]): string =>
  [
    `### ${title}`,
    '',
    '| promise | limit | measured |',
    '| --- | --- | --- |',
    ...rows.map(
      ({ promise, limit, measured, kept }) => `| ${promise} | ${limit} | ${measured}${kept ? '' : ' **not kept**'} |`,
    ),
    '',
  ].join('\n');

/** A document with these tables in the place of those it had. Throws if it has no place for them. */
export const withTables = (document: string, tables: readonly string[]): string => {
  const from = document.indexOf(begin);
  const to = document.indexOf(end);
  if (from === -1 || to < from) throw new Error(`the document has no lines ${begin} and ${end}`);
  return `${document.slice(0, from + begin.length)}\n\n${tables.join('\n')}\n${document.slice(to)}`;
};
