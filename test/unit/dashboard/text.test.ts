import { expect, test } from 'vitest';
import { bytesText, lengthText, partyText, shareText } from '../../../src/dashboard/parts/text.ts';

test.each([
  [0, '0:00'],
  [75.9, '1:15'],
  [3725, '1:02:05'],
  [-3, '0:00'],
])('a length of %d s reads %s', (seconds, text) => expect(lengthText(seconds)).toBe(text));

test.each([
  ['sip:+49301234@example.com:5060;user=phone', '+49301234'],
  ['"A" <sip:anne%20b@host>', 'anne b'],
  ['sips:host.example', 'host.example'],
  ['+49301234', '+49301234'],
])('%s reads %s', (uri, text) => expect(partyText(uri)).toBe(text));

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [12_345, '12.3 kB'],
  [999_600, '1.0 MB'],
  [123_456_789_000, '123 GB'],
])('%d bytes read %s', (bytes, text) => expect(bytesText(bytes)).toBe(text));

test('a share is told as far as it can be seen', () => {
  expect([0, 0.0002, 0.0123].map(shareText)).toEqual(['0 %', '< 0.1 %', '1.2 %']);
});
