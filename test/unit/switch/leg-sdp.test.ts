import { describe, expect, test } from 'vitest';
import { parseAudio } from '../../../src/sdp/audio.ts';
import { cryptosOf } from '../../../src/sdp/security.ts';
import { forLeg, preferring, readAnswer, readOffer, securedAs, taggedAs } from '../../../src/switch/media/leg-sdp.ts';

const key = 'WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz';
const cryptoLine = (tag: number, suite = 'AES_CM_128_HMAC_SHA1_80') => `a=crypto:${tag} ${suite} inline:${key}`;

const sdp = (types: string, lines: readonly string[] = [], protocol = 'RTP/AVP'): string =>
  [
    ...['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', 'c=IN IP4 192.0.2.1', 't=0 0', `m=audio 4000 ${protocol} ${types}`],
    ...['a=rtpmap:111 opus/48000/2', 'a=fmtp:111 useinbandfec=1', 'a=rtpmap:101 telephone-event/8000'],
    ...['a=rtpmap:102 telephone-event/48000', 'a=rtpmap:96 PCMU/16000', ...lines, ''],
  ].join('\r\n');

const typesOf = (text: string): readonly number[] => parseAudio(text).payloadTypes;

describe('an offer is cut down to one codec and its keys', () => {
  test.each([
    ['0 8 101', 'PCMU', [0, 101]],
    ['8 0', 'PCMA', [8]],
    ['9 0 8 101', 'G722', [9, 101]],
    ['111 9 0 101 102', 'G722', [9, 101, 102]],
    ['111 101 102', 'opus', [111, 101, 102]],
    ['18 111 101', 'G729', [18, 101]],
    ['96 3 0', 'PCMU', [0]],
  ])('%s', (types, codec, kept) => {
    const leg = readOffer(sdp(types));
    expect([leg.codecs, typesOf(leg.sdp)]).toEqual([[codec], kept]);
  });

  test('by the own order of who has no last resort, and within what is allowed', () => {
    expect(readOffer(sdp('111 9 0'), { lastResort: [] }).codecs).toEqual(['opus']);
    expect(readOffer(sdp('111 9 0'), { allowed: ['PCMU', 'opus'] }).codecs).toEqual(['PCMU']);
  });

  test.each([
    ['0 8 101', ['PCMA', 'opus'], 'PCMA'],
    ['0 111', ['opus'], 'opus'],
    ['9 0', ['PCMU'], 'PCMU'],
    ['0 8', ['G729'], 'PCMU'],
    ['0 8', [], 'PCMU'],
  ] as const)('%s, where %j come first', (types, preferred, codec) => {
    expect(readOffer(sdp(types), preferring(sdp(types), preferred, {})).codecs).toEqual([codec]);
    const never = { allowed: ['PCMU'] } as const;
    if (types !== '0 111') expect(preferring(sdp(types), ['PCMA', 'opus', 'G729'], never)).toBe(never);
  });

  test.each([
    ['96 3 101', 'the offer has PCMU, 3, TELEPHONE-EVENT, and usable are PCMU, PCMA, G722, opus, G729'],
    ['', 'the offer has none'],
  ])('%s is codec_unsupported with all that it has', (types, why) => {
    expect(() => readOffer(sdp(types))).toThrow(
      expect.objectContaining({ code: 'codec_unsupported', message: expect.stringContaining(why) }),
    );
  });
});

describe('the key of a leg', () => {
  test('has one number towards rtpengine, whatever the leg calls it, and the leg gets its own back', () => {
    const leg = readOffer(sdp('0', [cryptoLine(7), cryptoLine(8, 'AES_CM_128_HMAC_SHA1_32')], 'RTP/SAVP'));
    expect(cryptosOf(leg.sdp)).toEqual([expect.objectContaining({ tag: 1, suite: 'AES_CM_128_HMAC_SHA1_80' })]);
    const made = sdp('0', [cryptoLine(1, 'AES_CM_128_HMAC_SHA1_32'), cryptoLine(2)], 'RTP/SAVP');
    expect(cryptosOf(forLeg(leg, made))).toEqual([
      expect.objectContaining({ tag: 7, suite: 'AES_CM_128_HMAC_SHA1_80' }),
    ]);
    expect(cryptosOf(taggedAs(leg, 2).sdp)[0]?.tag).toBe(2);
  });

  test('that may be declined is taken: SRTP to rtpengine, its own profile to the leg', () => {
    const leg = readOffer(sdp('0', [cryptoLine(1)], 'RTP/AVPF'));
    expect(leg.sdp).toContain('RTP/SAVPF');
    expect(forLeg(leg, sdp('0', [cryptoLine(1)], 'RTP/SAVPF'))).toContain('m=audio 4000 RTP/AVPF 0\r\n');
  });

  test('that rtpengine has none for is its fault and not the leg’s', () => {
    const leg = readOffer(sdp('0', [cryptoLine(1)], 'RTP/SAVP'));
    expect(() => forLeg(leg, sdp('0'))).toThrow(expect.objectContaining({ code: 'rtpengine_refused' }));
  });
});

describe('an answer', () => {
  test('keeps all codecs that were offered, in its order', () => {
    const leg = readAnswer(sdp('8 0 9 101'), ['PCMU', 'PCMA']);
    expect([leg.codecs, typesOf(leg.sdp)]).toEqual([
      ['PCMA', 'PCMU'],
      [8, 0, 101],
    ]);
  });

  test('with none of them is codec_unsupported', () => {
    expect(() => readAnswer(sdp('9'), ['PCMU'])).toThrow('the answer has G722, and usable are PCMU');
  });

  const plain = () => readAnswer(sdp('0'), ['PCMU']);
  const withKey = () => readAnswer(sdp('0', [cryptoLine(1)]), ['PCMU']);
  const secure = () => readAnswer(sdp('0', [cryptoLine(1)], 'RTP/SAVP'), ['PCMU']);
  const dtls = () => readAnswer(sdp('0', ['a=fingerprint:sha-256 AB'], 'UDP/TLS/RTP/SAVP'), ['PCMU']);
  test.each([
    ['off', plain, undefined],
    ['off', withKey, undefined],
    ['off', secure, 'the answer is RTP/SAVP, which was not offered'],
    ['optional', plain, undefined],
    ['optional', withKey, 'AES_CM_128_HMAC_SHA1_80'],
    ['require', secure, 'AES_CM_128_HMAC_SHA1_80'],
    ['require', plain, 'the answer is RTP/AVP without a key, and SRTP is required'],
    ['require', dtls, 'the answer is UDP/TLS/RTP/SAVP, which was not offered'],
  ] as const)('to SRTP %s: %o is %s', (srtp, leg, outcome) => {
    if (outcome?.startsWith('the answer')) expect(() => securedAs(srtp, leg())).toThrow(outcome);
    else expect(securedAs(srtp, leg()).crypto?.suite).toBe(outcome);
  });
});
