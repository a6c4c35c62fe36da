import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { signatureHeaders } from '../../../src/recorder/notify/signature.ts';

const page = readFileSync('docs/11-events.md', 'utf8');
const block = (language: string): string =>
  new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(page)?.[1] ?? '';

test('the check of signatures in docs/11-events.md takes ours and no other', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'sipreel-docs-')), 'genuine.mjs');
  writeFileSync(file, block('js'));
  const { isGenuine } = await import(pathToFileURL(file).href);
  const url = 'https://example.com/status?a=b';
  const headers = signatureHeaders('key', url, Buffer.from('{}'));
  expect(isGenuine('key', url, '{}', headers)).toBe(true);
  for (const wrong of [isGenuine('other', url, '{}', headers), isGenuine('key', url, '[]', headers)]) {
    expect(wrong).toBe(false);
  }
  expect(isGenuine('key', url, '{}', {})).toBe(false);
});
