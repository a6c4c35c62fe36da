import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { errorsDocument } from '../../../src/errors/document.ts';
import { openApiDocument } from '../../../src/ops/http/openapi-document.ts';
import { metricsDocument } from '../../../src/ops/metrics/document.ts';
import { pages } from '../../kit/documents.ts';

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

test.each(pages)('the links of %s lead somewhere', (page) => {
  const links = [...readFileSync(page, 'utf8').matchAll(/(?:\]\(|src=")([^)"#]+)(?:#[^)]*)?[)"]/g)].map(
    (match) => match[1] ?? '',
  );
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
