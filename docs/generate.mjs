// Writes the pages that are made from the code; the tests check that they are current. Needs a build.
import { readFileSync, writeFileSync } from 'node:fs';
import { configDocument } from '../dist/config/document.js';
import { errorsDocument } from '../dist/errors/document.js';
import { openApiDocument } from '../dist/ops/http/openapi-document.js';
import { metricsDocument } from '../dist/ops/metrics/document.js';
import { withLanguageTables } from '../dist/switch/swml/language-tables.js';
import { dashboardTypes } from './dashboard-types.mjs';

writeFileSync('docs/24-errors.md', errorsDocument());
writeFileSync('docs/06-configuration.md', configDocument(readFileSync('config/sipreel.yaml', 'utf8')));
const openApi = await openApiDocument();
writeFileSync('docs/openapi.json', openApi);
writeFileSync('src/dashboard/api/types.ts', dashboardTypes(openApi));
writeFileSync('docs/16-metrics.md', metricsDocument());
writeFileSync('docs/04-swml.md', withLanguageTables(readFileSync('docs/04-swml.md', 'utf8')));
