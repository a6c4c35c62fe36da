import { expect, test } from 'vitest';
import { help, parseBenchArguments } from '../../../bench/arguments.ts';

test('without options it measures 50 calls of 30 s in all phases', () => {
  expect(parseBenchArguments([])).toEqual({
    calls: 50,
    seconds: 30,
    rate: 10,
    warmUp: 20,
    direction: 'both',
    stereo: false,
    format: 'wav',
    phases: ['relay', 'pcap', 'calls', 'recording'],
    settings: [],
    json: false,
  });
});

test('phases run in their own order, each once', () => {
  expect(parseBenchArguments(['--phases', 'recording,relay,relay'])).toMatchObject({ phases: ['relay', 'recording'] });
});

test.each([['--help'], ['-h']])('%s asks for help, whatever else is there', (word) => {
  expect(parseBenchArguments(['--calls', '5', word])).toBe('help');
});

test.each([
  [['--calls', '0'], '--calls 0: must be a whole number from 1 to 250'],
  [['--calls', '251'], '--calls 251: must be'],
  [['--seconds', '1.5'], '--seconds 1.5: must be'],
  [['--rate', 'ten'], '--rate ten: must be'],
  [['--direction', 'hear'], '--direction hear: must be one of speak, listen, both'],
  [['--format', 'ogg'], '--format ogg: must be one of wav, mp3, mp4'],
  [['--phases', ''], '--phases : must be one of'],
  [['--phases', 'relay,x'], '--phases x: must be one of'],
  [['--bogus'], "Unknown option '--bogus'"],
  [['stray'], 'stray'],
])('%j is refused with the word at fault', (words, message) => {
  expect(() => parseBenchArguments(words)).toThrow(message);
});

test('the help names every option', () => {
  for (const name of [
    'calls',
    'seconds',
    'rate',
    'direction',
    'stereo',
    'format',
    'phases',
    'set',
    'profile',
    'json',
  ]) {
    expect(help).toContain(`--${name} `);
  }
});
