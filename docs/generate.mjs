// Writes the pages that are made from the code; the tests check that they are current. Needs a build.
import { writeFileSync } from 'node:fs';
import { errorsDocument } from '../dist/errors/document.js';
import { openApiDocument } from '../dist/ops/http/openapi-document.js';

writeFileSync('docs/errors.md', errorsDocument());
writeFileSync('docs/openapi.json', await openApiDocument());
