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

test('docs/errors.md is what the registry says (npm run docs writes it)', () => {
  expect(readFileSync('docs/errors.md', 'utf8')).toBe(errorsDocument());
});

test('docs/metrics.md is what the code says (npm run docs writes it)', () => {
  expect(readFileSync('docs/metrics.md', 'utf8')).toBe(metricsDocument());
});

test('docs/openapi.json is what the routes say (npm run docs writes it)', async () => {
  expect(readFileSync('docs/openapi.json', 'utf8')).toBe(await openApiDocument());
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

/** The examples of a page, with the heading that each stands below. */
const examples = [...readFileSync('docs/trunks.md', 'utf8').matchAll(/^## (.*)$|^```yaml\n([\s\S]*?)^```$/gm)].reduce<{
  heading: string;
  found: [string, string][];
}>(
  ({ heading, found }, [, title, yaml]) =>
    yaml === undefined ? { heading: title ?? '', found } : { heading, found: [...found, [heading, yaml]] },
  { heading: '', found: [] },
).found;

test.each(examples)('docs/trunks.md, %s: the example is a configuration', (_heading, yaml) => {
  const file = join(mkdtempSync(join(tmpdir(), 'sipreel-docs-')), 'example.yaml');
  writeFileSync(file, yaml);
  const { trunks, sip } = loadConfig({ file });
  createDialPlan(trunks);
  const nonces = createNonces({ secret: 'x', lifetimeMs: sip.digest.nonce_lifetime });
  createInboundTrunks(trunks, { ...sip.digest, unknownSource: sip.unknown_source, nonces });
});

test('docs/trunks.md has examples', () => {
  expect(examples.length).toBeGreaterThan(2);
});
