import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkControlId } from '../../../src/recorder/recording/control-id.ts';

describe('a control id', () => {
  test.each([
    'greeting',
    'a',
    'x'.repeat(256),
    '🎙'.repeat(256),
    '../../etc/passwd',
    'C:\\temp',
    '"; rm -rf / #',
    "with spaces and 'quotes'",
    ' ',
    '__proto__',
    '$(reboot) %s {}',
    'ünïcödé',
  ])('is %j as it was given', (value) => {
    expect(checkControlId(value)).toBe(value);
  });

  test.each([
    ['', /empty/],
    ['x'.repeat(257), /257 characters, 256 are allowed/],
    ['🎙'.repeat(257), /257 characters/],
    ['a\0b', /U\+0000 at position 2/],
    ['line\nfeed', /U\+000A at position 5/],
    ['\r', /U\+000D at position 1/],
    ['\ttab', /U\+0009 at position 1/],
    ['🎙🎙\u007f', /U\+007F at position 3/],
    ['\u0085', /U\+0085/],
    ['lone \ud800 surrogate', /U\+D800 at position 6/],
  ])('is not %j', (value, message) => {
    expect(() => checkControlId(value)).toThrow(message);
    expect(() => checkControlId(value)).toThrow(expect.objectContaining({ code: 'control_id_invalid' }));
  });

  test('is any text of the allowed length that printers print', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(
        text.filter((value) => !/[\p{Cc}\p{Surrogate}]/u.test(value) && [...value].length <= 256),
        (value) => checkControlId(value) === value,
      ),
    );
  });
});
