import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments, stringify } from 'yaml';

/** One Kubernetes object. */
export type KubeObject = Readonly<Record<string, unknown>> & {
  readonly kind: string;
  readonly metadata: { readonly name: string };
};

type Values = Readonly<Record<string, unknown>>;

const lookUp = (root: Values, path: string): unknown =>
  path
    .split('.')
    .filter((part) => part !== '')
    .reduce<unknown>((at, part) => {
      if (typeof at !== 'object' || at === null || !(part in at)) throw new Error(`${path}: there is no ${part}`);
      return (at as Values)[part];
    }, root);

/** As Go's templates have it: empty, zero, false and nothing are no. */
const holds = (value: unknown): boolean =>
  !(value === undefined || value === null || value === false || value === 0 || value === '') &&
  !(typeof value === 'object' && Object.keys(value as object).length === 0);

const indented = (text: string, by: number): string => text.trimEnd().replaceAll(/^(?=.)/gm, ' '.repeat(by));

const evaluate = (expression: string, root: Values): string => {
  const [first = '', ...filters] = expression.split('|').map((part) => part.trim());
  const value = first.startsWith('toYaml ')
    ? stringify(lookUp(root, first.slice(7).trim()), { lineWidth: 0 })
    : lookUp(root, first);
  return filters.reduce((text, filter) => {
    const [, spaces] = /^nindent (\d+)$/.exec(filter) ?? [];
    if (spaces !== undefined) return `\n${indented(text, Number(spaces))}`;
    if (filter === 'quote') return JSON.stringify(text);
    throw new Error(`${filter}: the chart keeps to quote and nindent`);
  }, String(value));
};

/**
 * Renders a chart that keeps to a part of Helm's language, so that its templates can be tried without Helm: `{{ .Values.x }}`,
 * `{{ .Release.Name }}`, `| quote`, `toYaml ... | nindent N`, `if`, `else`, `end`, and `{{-` which takes the white space before it.
 */
export const renderChart = (folder: string, given: Values = {}, release = 'reel'): readonly KubeObject[] => {
  const values = { ...(parse(readFileSync(join(folder, 'values.yaml'), 'utf8')) as Values), ...given };
  const root = { Values: values, Release: { Name: release } };
  const render = (source: string): string => {
    /** Whether each open `if` shows what follows. */
    const open: boolean[] = [];
    let text = '';
    let at = 0;
    for (const match of source.matchAll(/(\s*)\{\{(-?)\s*(.*?)\s*\}\}/g)) {
      const [all, space = '', trims, expression = ''] = match;
      const shown = open.every(Boolean);
      if (shown) text += source.slice(at, match.index) + (trims === '-' ? '' : space);
      at = match.index + all.length;
      const [word, path = ''] = expression.split(' ');
      if (word === 'if') open.push(holds(lookUp(root, path)));
      else if (word === 'else') open.push(!open.pop());
      else if (word === 'end') open.pop();
      else if (shown) text += evaluate(expression, root);
    }
    if (open.length > 0) throw new Error('an if without its end');
    return text + source.slice(at);
  };
  return readdirSync(join(folder, 'templates')).flatMap((name) => {
    const text = render(readFileSync(join(folder, 'templates', name), 'utf8'));
    return parseAllDocuments(text).flatMap((document) => {
      if (document.errors.length > 0) throw new Error(`${name}: ${document.errors[0]?.message}\n${text}`);
      return document.contents === null ? [] : [document.toJS() as KubeObject];
    });
  });
};
