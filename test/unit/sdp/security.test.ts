import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SipreelError } from '../../../src/errors/error.ts';
import { parseAudio } from '../../../src/sdp/audio.ts';
import { cryptosOf, readSecurity, secureProtocol, withSecurity } from '../../../src/sdp/security.ts';

const sdp = (...lines: string[]): string =>
  ['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', 'c=IN IP4 192.0.2.1', 't=0 0', ...lines, ''].join('\r\n');

const key = 'WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz';
const good = `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${key}`;
const fingerprint = `a=fingerprint:sha-256 ${Array.from({ length: 32 }, () => 'AB').join(':')}`;

describe('how an audio stream is protected', () => {
  test.each<[string, string[], string | undefined]>([
    ['not at all', ['m=audio 4000 RTP/AVP 0'], undefined],
    ['by SDES', ['m=audio 4000 RTP/SAVP 0', good], 'AES_CM_128_HMAC_SHA1_80'],
    ['by SDES that may be declined', ['m=audio 4000 RTP/AVP 0', good], 'AES_CM_128_HMAC_SHA1_80'],
    [
      'by the first suite that is known',
      ['m=audio 4000 RTP/SAVP 0', 'a=crypto:1 FOO inline:AAAA', good.replace(':1 ', ':2 ')],
      'AES_CM_128_HMAC_SHA1_80',
    ],
    [
      'by a key with lifetime and index',
      ['m=audio 4000 RTP/SAVP 0', `${good.replace('_80', '_32')}|2^20|1:4`],
      'AES_CM_128_HMAC_SHA1_32',
    ],
    ['by DTLS', ['m=audio 4000 UDP/TLS/RTP/SAVPF 0', 'a=setup:actpass', fingerprint], undefined],
    ['by DTLS of the session', [fingerprint, 'm=audio 4000 UDP/TLS/RTP/SAVP 0'], undefined],
    ['keys of another stream do not count', ['m=audio 4000 RTP/AVP 0', 'm=video 4002 RTP/SAVP 99', good], undefined],
  ])('%s', (_name, lines, suite) => {
    expect(readSecurity(sdp(...lines)).crypto?.suite).toBe(suite);
  });

  test.each<[string, string[], string]>([
    ['no key', ['m=audio 4000 RTP/SAVP 0'], 'RTP/SAVP with no a=crypto line'],
    ['an unknown suite', ['m=audio 4000 RTP/SAVP 0', `a=crypto:1 FOO_128 inline:${key}`], 'no usable key of FOO_128'],
    [
      'a suite that does not encrypt',
      ['m=audio 4000 RTP/SAVP 0', `a=crypto:1 NULL_HMAC_SHA1_80 inline:${key}`],
      'NULL_HMAC_SHA1_80',
    ],
    [
      'a key of another length',
      ['m=audio 4000 RTP/SAVP 0', 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA'],
      'no usable',
    ],
    ['a key that is derived in another way', ['m=audio 4000 RTP/SAVP 0', `${good} WSH=64 KDR=1`], 'no usable key'],
    ['a key that is to do nothing', ['m=audio 4000 RTP/SAVP 0', `${good} KDR=1 UNENCRYPTED_SRTP`], 'no usable key'],
    ['DTLS without a fingerprint', ['m=audio 4000 UDP/TLS/RTP/SAVPF 0'], 'without a=fingerprint'],
    ['no RTP at all', ['m=audio 4000 TCP/MSRP *'], 'the transport \\"TCP/MSRP\\"'],
  ])('%s is refused with what is wrong', (_name, lines, why) => {
    expect(() => readSecurity(sdp(...lines))).toThrow(
      expect.objectContaining({ code: 'srtp_unsupported', message: expect.stringContaining(why.replaceAll('\\', '')) }),
    );
  });

  test('whatever the bytes, nothing else is thrown', () => {
    const line = fc.constantFrom('m=audio 4000 RTP/SAVP 0', good, 'a=crypto:1', 'a=crypto:x y inline:', fingerprint);
    fc.assert(
      fc.property(fc.array(fc.oneof(line, fc.string())), (lines) => {
        try {
          readSecurity(sdp(...lines));
        } catch (error) {
          if (!(error instanceof SipreelError) || error.code !== 'srtp_unsupported') throw error;
        }
      }),
    );
  });
});

describe('an SDP is given other keys', () => {
  const offer = sdp('m=audio 4000 RTP/SAVPF 0', good, 'a=sendonly', 'm=video 4002 RTP/AVP 99', 'a=recvonly');

  test('none: it is plain RTP, and all else stays', () => {
    const plain = withSecurity(offer, 'RTP/AVPF', []);
    expect(plain).toBe(offer.replace('RTP/SAVPF', 'RTP/AVPF').replace(`${good}\r\n`, ''));
  });

  test('another one, of its audio alone', () => {
    const crypto = { tag: 7, suite: 'AES_CM_128_HMAC_SHA1_32', rest: `inline:${key}` };
    const changed = withSecurity(offer, 'RTP/SAVP', [crypto]);
    expect(cryptosOf(changed)).toEqual([crypto]);
    expect(parseAudio(changed)).toEqual(parseAudio(offer));
    expect(changed.indexOf('a=crypto')).toBeLessThan(changed.indexOf('m=video'));
  });

  test('also where the last line does not end', () => {
    const [crypto] = cryptosOf(offer);
    expect(withSecurity('v=0\r\nm=audio 4000 RTP/AVP 0', 'RTP/SAVP', crypto ? [crypto] : [])).toBe(
      `v=0\r\nm=audio 4000 RTP/SAVP 0\r\n${good}\r\n`,
    );
  });

  test('a profile and the same with SRTP', () => {
    expect(['RTP/AVP', 'RTP/AVPF', 'RTP/SAVP', 'UDP/TLS/RTP/SAVPF'].map(secureProtocol)).toEqual([
      'RTP/SAVP',
      'RTP/SAVPF',
      'RTP/SAVP',
      'UDP/TLS/RTP/SAVPF',
    ]);
  });
});
