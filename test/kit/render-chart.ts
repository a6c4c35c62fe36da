import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { type Functions, parseTemplate, renderTemplate, type Templates } from './go-template.ts';

/** One Kubernetes object. */
export type KubeObject = Readonly<Record<string, unknown>> & {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
};

export type Values = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** As Helm lays values over those of the chart: objects are merged, all else is replaced. */
const laidOver = (base: Values, given: Values): Values => ({
  ...base,
  ...Object.fromEntries(
    Object.entries(given).map(([key, value]) => {
      const below = base[key];
      return [key, isObject(below) && isObject(value) ? laidOver(below, value) : value];
    }),
  ),
});

const indented = (by: unknown, text: unknown): string => String(text).replaceAll(/^/gm, ' '.repeat(Number(by)));

const functions: Functions = {
  quote: (value) => JSON.stringify(String(value)),
  toYaml: (value) => stringify(value, { lineWidth: 0 }).trimEnd(),
  nindent: (by, text) => `\n${indented(by, text)}`,
  sha256sum: (text) => createHash('sha256').update(String(text)).digest('hex'),
  eq: (one, other) => one === other,
  ne: (one, other) => one !== other,
  ternary: (yes, no, which) => (which === true ? yes : no),
  printf: (format, ...values) =>
    values.reduce<string>((text, value) => text.replace('%v', String(value)), String(format)),
  list: (...items) => items,
  dict: (...pairs) => Object.fromEntries(pairs.flatMap((key, i) => (i % 2 === 0 ? [[String(key), pairs[i + 1]]] : []))),
  deepCopy: (value) => structuredClone(value),
  mergeOverwrite: (base, over) => laidOver(base as Values, over as Values),
};

/** The chart's values with others laid over them. */
export const valuesOf = (folder: string, given: Values = {}): Values =>
  laidOver(parse(readFileSync(join(folder, 'values.yaml'), 'utf8')) as Values, given);

/** The text of each file of the chart's templates by its name. */
const renderFiles = (folder: string, given: Values, release: string): ReadonlyMap<string, string> => {
  const chart = parse(readFileSync(join(folder, 'Chart.yaml'), 'utf8')) as Values;
  const root = {
    Values: valuesOf(folder, given),
    Release: { Name: release, Namespace: 'default', Service: 'Helm' },
    Chart: Object.fromEntries(
      Object.entries(chart).map(([key, value]) => [key[0]?.toUpperCase() + key.slice(1), value]),
    ),
  };
  const templates: Templates = new Map();
  const all: Functions = {
    ...functions,
    include: (name, dot) => {
      const found = templates.get(String(name));
      if (found === undefined) throw new Error(`include "${String(name)}": there is no such template`);
      return renderTemplate(found, dot, dot, all);
    },
  };
  const parsed = readdirSync(join(folder, 'templates')).map((name) => {
    return [name, parseTemplate(readFileSync(join(folder, 'templates', name), 'utf8'), templates)] as const;
  });
  return new Map(
    parsed.flatMap(([name, nodes]) =>
      name.startsWith('_') ? [] : [[name, renderTemplate(nodes, root, root, all)] as const],
    ),
  );
};

const objectsOf = (name: string, text: string): readonly KubeObject[] =>
  parseAllDocuments(text).flatMap((document) => {
    if (document.errors.length > 0) throw new Error(`${name}: ${document.errors[0]?.message}\n${text}`);
    return document.contents === null ? [] : [document.toJS() as KubeObject];
  });

/** What `helm install` prints at its end. */
export const renderNotes = (folder: string, given: Values = {}, release = 'reel'): string =>
  renderFiles(folder, given, release).get('NOTES.txt') ?? '';

/** The chart's objects, by our own reading of the part of Helm's language that it keeps to. */
export const renderChart = (folder: string, given: Values = {}, release = 'reel'): readonly KubeObject[] =>
  [...renderFiles(folder, given, release)].flatMap(([name, text]) =>
    name === 'NOTES.txt' ? [] : objectsOf(name, text),
  );

/** The chart's objects, by a real Helm. Throws what it says. */
export const renderByHelm = (
  helm: string,
  folder: string,
  given: Values = {},
  release = 'reel',
): readonly KubeObject[] => {
  const own = mkdtempSync(join(tmpdir(), 'sipreel-helm-'));
  try {
    const file = join(own, 'values.yaml');
    writeFileSync(file, stringify(given));
    return objectsOf(
      'helm template',
      execFileSync(helm, ['template', release, folder, '--values', file], { encoding: 'utf8' }),
    );
  } finally {
    rmSync(own, { recursive: true, force: true });
  }
};

const shared: readonly Values[] = [{}, { workers: { scaler: 'keda' } }, { workers: { scaler: 'none' } }];
const disks: readonly Values[] = [{ sharedClaim: '' }, { sharedClaim: '', storageClass: 'fast' }];
const more: readonly Values[] = [
  { podMonitor: true, configSecret: 'theirs', serviceAccount: 'writer', imagePullSecrets: [{ name: 'registry' }] },
  {
    nodeSelector: {},
    tolerations: [{ key: 'media', operator: 'Exists' }],
    httpPort: 9000,
    drainSeconds: 60,
    switches: 5,
  },
];

/** Values that show every branch of the chart, each with every other kind. */
export const chartVariants: readonly Values[] = [...shared, ...disks].flatMap((one) => [
  one,
  ...more.map((other) => ({ ...one, ...other })),
]);
