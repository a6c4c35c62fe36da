import { expect, test } from 'vitest';
import { parseAudio } from '../../../src/sdp/audio.ts';
import { holdByDirection } from '../../../src/sdp/hold.ts';

const sdp = (address: string, direction?: string) =>
  [
    ...['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', `c=IN IP4 ${address}`, 't=0 0', 'm=audio 4000 RTP/AVP 0'],
    ...(direction ? [`a=${direction}`] : []),
    '',
  ].join('\r\n');
const seen = (text: string) => {
  const { address, port, direction } = parseAudio(text);
  return `${address}:${port} ${direction}`;
};

test.each([
  ['is a hold, with the address that it had', sdp('0.0.0.0'), '192.0.2.7:4000 sendonly'],
  ['of one who sends nothing either', sdp('0.0.0.0', 'inactive'), '192.0.2.7:4000 inactive'],
  ['of one who would only hear', sdp('0.0.0.0', 'recvonly'), '192.0.2.7:4000 inactive'],
])('0.0.0.0 %s', (_name, given, expected) => {
  expect(seen(holdByDirection(given, sdp('192.0.2.7')))).toBe(expected);
});

test('from the first it is a hold where nobody listens', () => {
  expect(seen(holdByDirection(sdp('0.0.0.0'), undefined))).toBe('127.0.0.1:9 sendonly');
});

test('any other SDP is left as it is', () => {
  for (const given of [sdp('192.0.2.1'), sdp('192.0.2.1', 'sendonly')])
    expect(holdByDirection(given, undefined)).toBe(given);
});
