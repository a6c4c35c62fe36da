import type { Finding } from '../switch/swml/lint/finding.ts';

/** The longest part of a source line that is shown, characters: scripts made by programs are one line. */
const shownWidth = 120;

/** A finding as compilers print it: place, what it is, the line with a mark under it, what to do. */
export const findingText = (finding: Finding, lines: readonly string[]): string => {
  const { script, line, column, severity, message, code, remedy } = finding;
  const excerpt = excerptOf(lines[line - 1], line, column);
  return `${script}:${line}:${column}: ${severity}: ${message} [${code}]\n${excerpt}    ${remedy}\n`;
};

const excerptOf = (source: string | undefined, line: number, column: number): string => {
  if (source === undefined) return '';
  const from = Math.max(0, column - 1 - shownWidth / 2);
  const before = from > 0 ? '...' : '';
  const part = source.slice(from, from + shownWidth);
  const after = from + shownWidth < source.length ? '...' : '';
  // A tab stays a tab, so that the mark stands where the terminal puts the character above it.
  const indent = `${before}${source.slice(from, column - 1)}`.replace(/[^\t]/g, ' ');
  const gutter = `${line} | `;
  return `${gutter}${before}${part}${after}\n${' '.repeat(gutter.length - 2)}| ${indent}^\n`;
};

/** The last line: what was looked at and what came of it. */
export const summary = (counts: {
  readonly scripts: number;
  readonly errors: number;
  readonly warnings: number;
}): string => {
  const number = (count: number, what: string) => `${count === 0 ? 'no' : count} ${what}${count === 1 ? '' : 's'}`;
  const { scripts, errors, warnings } = counts;
  return `${number(scripts, 'script')}: ${number(errors, 'error')}, ${number(warnings, 'warning')}\n`;
};
