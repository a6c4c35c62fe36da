import { expect, test } from 'vitest';
import { routeOf } from '../../../src/dashboard/parts/route.ts';
import { bytesText, lengthText, lostShare, partyText, shareText } from '../../../src/dashboard/parts/text.ts';

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
  ['sip:100%@host', '100%'],
  ['<sip:%e4@host>', '%e4'],
])('%s reads %s', (uri, text) => expect(partyText(uri)).toBe(text));

test.each([
  ['', []],
  ['#/recordings/a%20b', ['recordings', 'a b']],
  ['#/recordings/%', ['recordings', '%']],
])('%s leads to %j', (hash, route) => expect(routeOf(hash)).toEqual(route));

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [12_345, '12.3 kB'],
  [999_600, '1.0 MB'],
  [123_456_789_000, '123 GB'],
])('%d bytes read %s', (bytes, text) => expect(bytesText(bytes)).toBe(text));

test('lost packets are a share of those that were sent', () => {
  expect(lostShare({ packets: 0, lost: 0 })).toBe(0);
  expect(lostShare({ packets: 99, lost: 1 })).toBe(0.01);
});

test('a share is told as far as it can be seen', () => {
  expect([0, 0.0002, 0.0123].map(shareText)).toEqual(['0 %', '< 0.1 %', '1.2 %']);
});
