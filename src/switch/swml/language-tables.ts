import { refusedMethods } from './methods/refused.ts';
import { type Extension, extensions } from './strict.ts';

/** The tables of docs/04-swml.md that are made from the code, by the name of their place in it. */
export const languageTables = (): Readonly<Record<string, string>> => ({
  extensions: table(
    ['what', 'here', "SWML's reference"],
    extensions.map((extension) => [what(extension), here(extension), there(extension)]),
  ),
  refused: table(
    ['methods', 'why'],
    [...new Set(refusedMethods.values())].map((why) => [
      [...refusedMethods].flatMap(([name, reason]) => (reason === why ? [code(name)] : [])).join(', '),
      why,
    ]),
  ),
});

const what = (extension: Extension): string =>
  'method' in extension && extension.kind !== 'method'
    ? `${code(extension.method)}: ${extension.what}`
    : extension.what;

const here = (extension: Extension): string => {
  if (extension.kind === 'method') return code(extension.method);
  return code(extension.kind === 'parameter' ? extension.parameter : extension.ours);
};

const there = (extension: Extension): string => ('swml' in extension ? code(extension.swml) : '-');

const code = (text: string): string => `\`${text}\``;

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
};

/** A page with its tables made anew: each stands between `<!-- NAME -->` and `<!-- /NAME -->`. */
export const withLanguageTables = (page: string): string =>
  Object.entries(languageTables()).reduce((text, [name, made]) => {
    const place = new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- /${name} -->)`);
    return text.replace(place, (_, before: string, after: string) => `${before}${made}\n${after}`);
  }, page);
