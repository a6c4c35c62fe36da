import { expect, test } from 'vitest';
import { parseArguments } from '../../../src/cli/arguments.ts';
import { helpFor } from '../../../src/cli/help.ts';

test('the short cuts of serve are settings by other names, before those of --set', () => {
  const given = parseArguments(
    'serve --embedded --script a.yaml --sip 127.0.0.1:0 --http 127.0.0.1:0 --data d --json --set log.level=debug'.split(
      ' ',
    ),
  );
  expect(given).toEqual({
    command: 'serve',
    role: 'all',
    embedded: true,
    json: true,
    sip: '127.0.0.1:0',
    settings: ['routes=[{"to":"*","script":"a.yaml"}]', 'http.listen=127.0.0.1:0', 'data.dir="d"', 'log.level=debug'],
  });
});

test.each([
  [['serve', '--role', 'boss'], '--role boss: must be all, switch or worker'],
  [['serve', '--sip', '127.0.0.1:5060'], '--sip goes with --embedded'],
  [['serve', '--unknown'], '--unknown'],
  [['serve', 'word'], 'word'],
  [['record'], '"record" is no command of sipreel'],
])('%j is refused with the word at fault', (words, message) => {
  expect(() => parseArguments(words)).toThrow(message);
});

test('lint takes files and standard input', () => {
  expect(parseArguments(['lint', 'a.yaml', '-', '--strict', '--json'])).toEqual({
    command: 'lint',
    files: ['a.yaml', '-'],
    strict: true,
    json: true,
    schema: false,
  });
});

test('doctor takes the configuration of a server', () => {
  expect(
    parseArguments(['doctor', '--config', 'c.yaml', '--data', '/d', '--set', 'log.level=debug', '--json']),
  ).toEqual({
    command: 'doctor',
    json: true,
    config: 'c.yaml',
    settings: ['data.dir="/d"', 'log.level=debug'],
  });
  for (const option of ['--config', '--set', '--data', '--json']) expect(helpFor('doctor')).toContain(option);
});

test.each([[[]], [['help']], [['--help']], [['serve', '--help']], [['demo', '-h']], [['lint', '--help']]])(
  '%j is a call for help',
  (words) => {
    expect(parseArguments(words).command).toBe('help');
  },
);

test('the help of a command names all of its options', () => {
  for (const option of [
    '--config',
    '--set',
    '--role',
    '--embedded',
    '--script',
    '--sip',
    '--http',
    '--data',
    '--json',
  ]) {
    expect(helpFor('serve')).toContain(option);
  }
  for (const option of ['--strict', '--json', '--schema']) expect(helpFor('lint')).toContain(option);
  for (const option of ['--json', '--keep', '--data']) expect(helpFor('demo')).toContain(option);
  expect(helpFor('')).toContain('sipreel serve');
});
