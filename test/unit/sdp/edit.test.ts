import { expect, test } from 'vitest';
import { parseAudio } from '../../../src/sdp/audio.ts';
import { narrowAudio, withDirection } from '../../../src/sdp/edit.ts';

const sdp = (direction = 'a=sendrecv') =>
  [
    ...['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', 'c=IN IP4 192.0.2.1', 't=0 0', 'm=audio 4000 RTP/AVP 8 0 18 101'],
    ...['a=rtpmap:8 PCMA/8000', 'a=rtpmap:0 PCMU/8000', 'a=rtpmap:18 G729/8000', 'a=fmtp:18 annexb=no'],
    ...['a=rtpmap:101 telephone-event/8000', 'a=fmtp:101 0-15', direction, 'a=ptime:20', ''],
  ].join('\r\n');

test('what was not agreed is gone, with its formats, in the order that the party had', () => {
  const narrowed = narrowAudio(sdp(), [101, 0]);
  expect(parseAudio(narrowed).payloadTypes).toEqual([0, 101]);
  expect(narrowed).not.toMatch(/PCMA|G729|annexb/);
  expect(narrowed).toContain('a=fmtp:101 0-15');
  expect(narrowed).toContain('a=ptime:20');
});

test('an SDP with nothing in common is left as it is', () => {
  expect(parseAudio(narrowAudio(sdp(), [96])).payloadTypes).toEqual([8, 0, 18, 101]);
});

test.each(['sendrecv', 'sendonly', 'recvonly', 'inactive'] as const)('the direction becomes %s', (direction) => {
  for (const given of ['a=sendonly', 'a=inactive', 'a=x:none']) {
    const changed = withDirection(sdp(given), direction);
    expect(parseAudio(changed).direction).toBe(direction);
    expect(changed.match(/a=(sendrecv|sendonly|recvonly|inactive)/g)).toHaveLength(1);
  }
});
