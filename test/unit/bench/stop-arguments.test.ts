import { expect, test } from 'vitest';
import { help, parseStopArguments } from '../../../bench/stop/arguments.ts';

test('without options it compares a minute with two hours in each format, and stops 50 together', () => {
  expect(parseStopArguments([])).toEqual({
    formats: ['wav', 'mp3', 'mp4'],
    seconds: [60, 7200],
    recordings: 10,
    burst: 50,
    within: 5,
    settings: [],
    json: false,
  });
});

test.each([
  [['--formats', 'ogg'], '--formats ogg: must be some of wav, mp3, mp4'],
  [['--seconds', '60,soon'], '--seconds soon: must be a whole number'],
  [['--recordings', '0'], '--recordings 0: must be a whole number from 1 to 1000'],
  [['--within', '0'], '--within 0: must be'],
  [['--bogus'], "Unknown option '--bogus'"],
])('%j is refused with the word at fault', (words, message) => {
  expect(() => parseStopArguments(words)).toThrow(message);
});

test('the help names every option', () => {
  for (const name of ['formats', 'seconds', 'recordings', 'burst', 'within', 'set', 'profile', 'json']) {
    expect(help).toContain(`--${name} `);
  }
  expect(parseStopArguments(['--seconds', 'x', '-h'])).toBe('help');
});
