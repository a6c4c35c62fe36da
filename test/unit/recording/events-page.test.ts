import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { signatureHeaders } from '../../../src/recorder/notify/signature.ts';
import { type StatusEvent, statusEvent } from '../../../src/recorder/recording/events.ts';
import type { RecordingRecord } from '../../../src/recorder/recording/record.ts';

const page = readFileSync('docs/11-events.md', 'utf8');
const block = (language: string): string =>
  new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(page)?.[1] ?? '';

test('the event of docs/11-events.md is the one that its recording makes', () => {
  const shown = JSON.parse(block('json')) as StatusEvent;
  const { record, state, ...known } = shown.params;
  const { format, direction, stereo } = { ...record, ...record.audio };
  const made: RecordingRecord = {
    ...known,
    ...{ state: 'finished', from: '', to: '', format, direction, stereo },
  };
  expect(statusEvent(made, state)).toEqual(shown);
});

test('its check of signatures takes ours and no other', async () => {
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
