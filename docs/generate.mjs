// Writes the pages that are made from the code; the tests check that they are current. Needs a build.
import { readFileSync, writeFileSync } from 'node:fs';
import { errorsDocument } from '../dist/errors/document.js';
import { openApiDocument } from '../dist/ops/http/openapi-document.js';
import { withLanguageTables } from '../dist/switch/swml/language-tables.js';
import { dashboardTypes } from './dashboard-types.mjs';

writeFileSync('docs/errors.md', errorsDocument());
const openApi = await openApiDocument();
writeFileSync('docs/openapi.json', openApi);
writeFileSync('src/dashboard/api/types.ts', dashboardTypes(openApi));
writeFileSync('docs/swml.md', withLanguageTables(readFileSync('docs/swml.md', 'utf8')));
