import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { errorsDocument } from '../../../src/errors/document.ts';
import { openApiDocument } from '../../../src/ops/http/openapi-document.ts';
import { metricsDocument } from '../../../src/ops/metrics/document.ts';
import { createDialPlan } from '../../../src/switch/sip/dial-plan.ts';
import { createNonces } from '../../../src/switch/sip/digest/nonces.ts';
import { createInboundTrunks } from '../../../src/switch/sip/inbound-trunks.ts';
import { parseScript } from '../../../src/switch/swml/parse-script.ts';

test('docs/24-errors.md is what the registry says (npm run docs writes it)', () => {
  expect(readFileSync('docs/24-errors.md', 'utf8')).toBe(errorsDocument());
});

test('docs/16-metrics.md is what the code says (npm run docs writes it)', () => {
  expect(readFileSync('docs/16-metrics.md', 'utf8')).toBe(metricsDocument());
});

test('docs/openapi.json is what the routes say (npm run docs writes it)', async () => {
  expect(readFileSync('docs/openapi.json', 'utf8')).toBe(await openApiDocument());
});

test('src/dashboard/api/types.ts is what docs/openapi.json says (npm run docs writes it)', async () => {
  const generator = new URL('../../../docs/dashboard-types.mjs', import.meta.url).href;
  const { dashboardTypes } = (await import(generator)) as { dashboardTypes(openApi: string): string };
  const types = dashboardTypes(readFileSync('docs/openapi.json', 'utf8'));
  expect(readFileSync('src/dashboard/api/types.ts', 'utf8')).toBe(types);
});

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

test.each(pages)('the links of %s lead somewhere', (page) => {
  const links = [...readFileSync(page, 'utf8').matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map((match) => match[1] ?? '');
  const broken = links.filter((link) => !/^https?:/.test(link) && !existsSync(join(dirname(page), link)));
  expect(broken).toEqual([]);
});

/** The anchors that a page's headings have where pages are shown. */
const anchorsOf = (page: string): readonly string[] =>
  [...readFileSync(page, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );

test.each(pages)('the links of %s to headings lead to headings', (page) => {
  const links = [...readFileSync(page, 'utf8').matchAll(/\]\(([^)#:]*)#([^)]*)\)/g)];
  const broken = links.filter(([, link = '', anchor = '']) => {
    const target = link === '' ? page : join(dirname(page), link);
    return target.endsWith('.md') && existsSync(target) && !anchorsOf(target).includes(anchor);
  });
  expect(broken.map(([link]) => link)).toEqual([]);
});

test('the script and the configuration of docs/01-start.md can be used', () => {
  const [script = '', config = ''] = [
    ...readFileSync('docs/01-start.md', 'utf8').matchAll(/^```yaml\n([\s\S]*?)^```$/gm),
  ].map((found) => found[1]);
  expect(parseScript(script, { name: 'start.yaml' }).sections.get('main')?.block.steps).toHaveLength(5);
  const file = join(mkdtempSync(join(tmpdir(), 'sipreel-docs-')), 'start.yaml');
  writeFileSync(file, config);
  expect(loadConfig({ file }).routes).toHaveLength(1);
});

/** The examples of a page, with the heading that each stands below. */
const examples = [...readFileSync('docs/07-trunks.md', 'utf8').matchAll(/^## (.*)$|^```yaml\n([\s\S]*?)^```$/gm)].reduce<{
  heading: string;
  found: [string, string][];
}>(
  ({ heading, found }, [, title, yaml]) =>
    yaml === undefined ? { heading: title ?? '', found } : { heading, found: [...found, [heading, yaml]] },
  { heading: '', found: [] },
).found;

test.each(examples)('docs/07-trunks.md, %s: the example is a configuration', (_heading, yaml) => {
  const file = join(mkdtempSync(join(tmpdir(), 'sipreel-docs-')), 'example.yaml');
  writeFileSync(file, yaml);
  const { trunks, sip } = loadConfig({ file });
  createDialPlan(trunks);
  const nonces = createNonces({ secret: 'x', lifetimeMs: sip.digest.nonce_lifetime });
  createInboundTrunks(trunks, { ...sip.digest, unknownSource: sip.unknown_source, nonces });
});

test('docs/07-trunks.md has examples', () => {
  expect(examples.length).toBeGreaterThan(2);
});
