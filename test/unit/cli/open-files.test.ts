import { pino } from 'pino';
import { expect, test } from 'vitest';
import { checkOpenFiles, openFileLimit } from '../../../src/doctor/open-files.ts';

test.each([
  [
    'Limit                     Soft Limit           Hard Limit           Units\nMax open files            1024  4096  files\n',
    1024,
  ],
  ['Max open files            unlimited            unlimited            files\n', undefined],
  ['', undefined],
])('%j allows %s', (limits, expected) => {
  expect(openFileLimit(limits)).toBe(expected);
});

test('a limit that is too low for the calls is told with what to do', async () => {
  const lines: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
  await checkOpenFiles(1, log);
  await checkOpenFiles(1_000_000_000, log);
  expect(lines).toEqual([expect.stringMatching(/"needed":10000000300.*LimitNOFILE/)]);
});
