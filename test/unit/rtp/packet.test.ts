import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildRtp, isRtcp, parseRtp, writeRtpHeader } from '../../../src/rtp/packet.ts';

const header = { payloadType: 8, sequence: 65535, timestamp: 4294967295, ssrc: 0xdeadbeef, marker: true };
const sound = Uint8Array.of(1, 2, 3);

/** RFC 3550 section 5.1 by hand: V=2, P, X, CC, then what the test adds. */
const datagram = (first: number, second: number, rest: number[]): Uint8Array =>
  Uint8Array.of(first, second, 0, 7, 0, 0, 0, 9, 0, 0, 0, 5, ...rest);

describe('an RTP packet', () => {
  test('is read as it was written, with all fields at their limits', () => {
    expect(parseRtp(buildRtp(header, sound))).toEqual({ ...header, payload: sound });
  });

  test('shares the memory of its datagram', () => {
    const written = buildRtp(header, sound);
    const payload = parseRtp(written)?.payload;
    written[12] = 99;
    expect(payload?.[0]).toBe(99);
  });

  test('is found in a view into a larger buffer', () => {
    const larger = new Uint8Array(40).fill(0xff);
    larger.set(buildRtp(header, sound), 10);
    expect(parseRtp(larger.subarray(10, 25))).toEqual({ ...header, payload: sound });
  });

  test.each<[string, Uint8Array, number[] | undefined]>([
    ['with two CSRCs', datagram(0x82, 0, [1, 1, 1, 1, 2, 2, 2, 2, 42]), [42]],
    ['with a header extension of one word', datagram(0x90, 0, [0xbe, 0xde, 0, 1, 9, 9, 9, 9, 42]), [42]],
    ['with an empty header extension', datagram(0x90, 0, [0xbe, 0xde, 0, 0, 42]), [42]],
    ['with CSRC, extension and padding', datagram(0xb1, 0, [1, 1, 1, 1, 0, 0, 0, 0, 42, 0, 0, 3]), [42]],
    ['with nothing but padding', datagram(0xa0, 0, [0, 0, 0, 4]), []],
    ['without a payload', datagram(0x80, 0, []), []],
    ['cut in its CSRCs', datagram(0x82, 0, [1, 1, 1, 1, 2]), undefined],
    ['cut in the head of its extension', datagram(0x90, 0, [0xbe, 0xde, 0]), undefined],
    ['cut in its extension', datagram(0x90, 0, [0xbe, 0xde, 0, 2, 9, 9, 9, 9]), undefined],
    ['with padding of length 0', datagram(0xa0, 0, [42, 0]), undefined],
    ['with padding longer than the payload', datagram(0xa0, 0, [42, 3]), undefined],
    ['of version 1', datagram(0x40, 0, [42]), undefined],
    ['of 11 bytes', datagram(0x80, 0, []).subarray(0, 11), undefined],
    ['that is RTCP', datagram(0x80, 200, [1, 2, 3, 4]), undefined],
    ['that is a STUN message', datagram(0x00, 1, [1, 2, 3, 4]), undefined],
  ])('%s', (_, bytes, payload) => {
    expect(parseRtp(bytes)?.payload).toEqual(payload === undefined ? undefined : Uint8Array.from(payload));
  });

  test('has numbers modulo the size of their fields', () => {
    const target = new Uint8Array(12);
    writeRtpHeader(target, {
      payloadType: 128 + 8,
      sequence: 65536 + 3,
      timestamp: 2 ** 32 + 5,
      ssrc: -1,
      marker: false,
    });
    expect(parseRtp(target)).toMatchObject({
      payloadType: 8,
      sequence: 3,
      timestamp: 5,
      ssrc: 0xffffffff,
      marker: false,
    });
  });

  test('of any bytes is parsed or refused, and never more than the datagram', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const packet = parseRtp(bytes);
        if (packet !== undefined) expect(packet.payload.length).toBeLessThanOrEqual(bytes.length - 12);
      }),
    );
  });

  test('and RTCP are never taken for each other (RFC 5761 section 4)', () => {
    for (let second = 0; second < 256; second++) {
      const bytes = datagram(0x80, second, [0, 0, 0, 0]);
      expect([second, isRtcp(bytes), parseRtp(bytes) !== undefined]).toEqual([
        second,
        second >= 192 && second <= 223,
        second < 192 || second > 223,
      ]);
    }
  });
});
