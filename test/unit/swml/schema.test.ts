import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyScript } from './any-script.ts';
import { expectAgreement, refusedBySchema } from './schema-check.ts';
import { badDocuments } from './tables/bad-documents.ts';
import { badSteps } from './tables/bad-steps.ts';
import { goodRecordings } from './tables/good-recordings.ts';
import { main } from './tables/main.ts';
import { shortForms } from './tables/short-forms.ts';

describe('the JSON Schema', () => {
  it.each(readdirSync('config/scripts'))('accepts config/scripts/%s', (name) => {
    expect(refusedBySchema(readFileSync(`config/scripts/${name}`, 'utf8'))).toBeUndefined();
  });

  it.each(shortForms)('accepts %s', (_, written) => {
    expect(refusedBySchema(main(written))).toBeUndefined();
  });

  it.each(goodRecordings)('accepts record_call with %s', (_, written) => {
    expect(refusedBySchema(main(`    - record_call: ${written}`))).toBeUndefined();
  });

  const readable = badDocuments.filter(({ code }) => code !== 'parse_error' && code !== 'element_duplicated');
  it.each(readable.map((row) => [row.what, row] as const))('refuses %s', (_, { source }) => {
    expect(refusedBySchema(typeof source === 'string' ? source : JSON.stringify(source))).toBeDefined();
  });

  it.each(badSteps.map((row) => [row.step, row] as const))('refuses what lint refuses: %s', async (step) => {
    await expectAgreement(main(`    - ${step}`));
  });

  it('agrees with lint on any script, but for what no schema can know', async () => {
    const seen = { accepted: 0, refused: 0 };
    const check = async (written: object) => seen[await expectAgreement(JSON.stringify(written))]++;
    await fc.assert(
      fc.asyncProperty(anyScript, async (written) => void (await check(written))),
      { numRuns: 1_000 },
    );
    expect(Math.min(seen.accepted, seen.refused)).toBeGreaterThan(20);
  }, 60_000);
});
