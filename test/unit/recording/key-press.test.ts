import { describe, expect, it } from 'vitest';
import { createKeyPresses } from '../../../src/recorder/recording/key-press.ts';

type Report = readonly [digit: string, at: number, source: string];

const newOnes = (reports: readonly Report[]): string => {
  const presses = createKeyPresses();
  return reports.map(([digit, at, source]) => (presses.isNew({ digit, at }, source) ? digit : '.')).join('');
};

describe('a key press', () => {
  it.each<[string, readonly Report[], string]>([
    ['counts when one way tells of it', [['5', 0, 'a rfc4733']], '5'],
    [
      'that comes by every way counts once',
      [
        ['5', 100, 'a inband'],
        ['5', 120, 'a rfc4733'],
        ['5', 900, 'info'],
      ],
      '5..',
    ],
    [
      'that two recordings hear counts once',
      [
        ['#', 100, 'a rfc4733'],
        ['#', 100.3, 'b rfc4733'],
      ],
      '#.',
    ],
    [
      'twice in one way is two',
      [
        ['1', 100, 'a rfc4733'],
        ['1', 300, 'a rfc4733'],
      ],
      '11',
    ],
    [
      'twice in two ways is two, one after the other',
      [
        ['1', 100, 'a rfc4733'],
        ['1', 150, 'info'],
        ['1', 300, 'a rfc4733'],
        ['1', 350, 'info'],
      ],
      '1.1.',
    ],
    [
      'twice in two ways is two, one way after the other',
      [
        ['1', 100, 'a rfc4733'],
        ['1', 300, 'a rfc4733'],
        ['1', 350, 'info'],
        ['1', 600, 'info'],
      ],
      '11..',
    ],
    [
      'of another key is another',
      [
        ['1', 100, 'a rfc4733'],
        ['2', 110, 'info'],
      ],
      '12',
    ],
    [
      'more than a second later is another',
      [
        ['1', 100, 'a rfc4733'],
        ['1', 1101, 'info'],
      ],
      '11',
    ],
    [
      'that the faster way tells second is the same',
      [
        ['1', 1000, 'info'],
        ['1', 100, 'a rfc4733'],
      ],
      '1.',
    ],
    [
      'that a new recording hears the rest of is the one that the old recording has told',
      [
        ['#', 100, 'a rfc4733'],
        ['#', 100, 'b rfc4733'],
        ['#', 2000, 'b rfc4733'],
      ],
      '#.#',
    ],
  ])('%s', (_name, reports, expected) => {
    expect(newOnes(reports)).toBe(expected);
  });

  it('is not remembered for ever', () => {
    const many = Array.from({ length: 1000 }, (_, i): Report => ['7', i * 250, 'info']);
    expect(newOnes(many)).toBe('7'.repeat(1000));
  });
});
