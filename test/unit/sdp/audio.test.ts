import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SipreelError } from '../../../src/errors/error.ts';
import { parseAudio } from '../../../src/sdp/audio.ts';
import { writeAudio } from '../../../src/sdp/write.ts';

const sdp = (...lines: string[]): string =>
  ['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', 'c=IN IP4 192.0.2.1', 't=0 0', ...lines, ''].join('\r\n');

test('addresses, ports, direction and payload types are read', () => {
  const media = parseAudio(
    sdp(
      'm=audio 4000 RTP/AVP 96 0 8 101',
      'a=rtpmap:96 opus/48000/2',
      'a=rtpmap:101 telephone-event/8000',
      'a=sendonly',
    ),
  );
  expect(media).toEqual({
    address: '192.0.2.1',
    port: 4000,
    rtcpPort: 4001,
    direction: 'sendonly',
    payloadTypes: [96, 0, 8, 101],
    payloads: {
      0: { codec: 'PCMU', clockRate: 8000, channels: 1 },
      8: { codec: 'PCMA', clockRate: 8000, channels: 1 },
      96: { codec: 'OPUS', clockRate: 48000, channels: 2 },
      101: { codec: 'TELEPHONE-EVENT', clockRate: 8000, channels: 1 },
    },
  });
});

test('the connection and the direction of the stream come before those of the session', () => {
  const media = parseAudio(
    sdp('a=inactive', 'm=audio 4000 RTP/AVP 0', 'c=IN IP4 192.0.2.9', 'a=rtcp:4444', 'a=recvonly'),
  );
  expect(media).toMatchObject({ address: '192.0.2.9', direction: 'recvonly', rtcpPort: 4444 });
});

test('a stream that is refused (port 0) and video are passed over', () => {
  const media = parseAudio(sdp('m=video 5000 RTP/AVP 99', 'm=audio 0 RTP/AVP 0', 'm=audio 4002 RTP/AVP 8'));
  expect(media.port).toBe(4002);
});

describe('what is no usable SDP is refused with sdp_invalid and the reason', () => {
  test.each([
    ['', 'does not begin with v=0'],
    ['hello', 'does not begin with v=0'],
    [sdp(), 'no audio stream'],
    [sdp('m=video 5000 RTP/AVP 99'), 'no audio stream'],
    ['v=0\r\ns=-\r\nm=audio 4000 RTP/AVP 0\r\n', 'no connection address'],
    ['v=0\r\ns=-\r\nc=IN IP4 a.example\r\nm=audio 4000 RTP/AVP 0\r\n', '(c=) is "a.example", no IP address'],
  ])('%j', (text, reason) => {
    expect(() => parseAudio(text)).toThrow(reason);
  });

  test('whatever the bytes, nothing else is thrown', () => {
    const line = fc.constantFrom(
      'm=audio 4000 RTP/AVP 0',
      'c=IN IP4 1.2.3.4',
      'a=rtpmap:0',
      'a=rtpmap:999 x/0',
      'm=audio',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(line, fc.string())), (lines) => {
        try {
          parseAudio(`v=0\r\n${lines.join('\r\n')}`);
        } catch (error) {
          if (!(error instanceof SipreelError) || error.code !== 'sdp_invalid') throw error;
        }
      }),
    );
  });
});

test('what is written is read back', () => {
  const written = {
    address: '127.0.0.1',
    port: 4000,
    payloadTypes: [8, 101],
    payloads: {
      8: { codec: 'PCMA', clockRate: 8000, channels: 1 },
      101: { codec: 'TELEPHONE-EVENT', clockRate: 8000, channels: 1 },
    },
    direction: 'recvonly',
    rtcpPort: 4000,
  } as const;
  expect(parseAudio(writeAudio(written))).toEqual(written);
});
