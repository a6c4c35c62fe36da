import { describe, expect, test } from 'vitest';
import { parseAudio } from '../../../src/sdp/audio.ts';
import { cryptosOf, readSecurity } from '../../../src/sdp/security.ts';
import { offeredCodecs, shownTo, transcodedTo } from '../../../src/switch/media/peer-offer.ts';

test.each([
  ['PCMU', {}, ['PCMU', 'PCMA']],
  ['PCMA', {}, ['PCMA', 'PCMU']],
  ['opus', {}, ['opus', 'PCMU', 'PCMA']],
  ['G722', { codecs: ['PCMA', 'G722'] }, ['G722', 'PCMA']],
  ['G722', { codecs: ['G729'] }, ['G729']],
  ['PCMU', { codecs: ['OPUS', 'g722'] }, ['opus', 'G722']],
] as const)('a party with %s offers %j as %j', (own, how, codecs) => {
  expect(offeredCodecs(own, how)).toEqual(codecs);
});

test.each([
  ['PCMU', ['PCMU', 'PCMA'], ['PCMA']],
  ['PCMU', [], []],
  ['G722', [], ['PCMA']],
  ['opus', ['G729'], ['G729', 'PCMA']],
] as const)('prompts can always be the peer: of %s and %j rtpengine offers %j beside', (own, codecs, beside) => {
  expect(transcodedTo(own, codecs)).toEqual(beside);
});

describe('what one leg is shown of an offer that is for several', () => {
  const offer = [
    ...['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', 'c=IN IP4 192.0.2.1', 't=0 0', 'm=audio 4000 RTP/SAVP 9 0 8 18 101'],
    ...['a=rtpmap:101 telephone-event/8000', 'a=sendrecv'],
    'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz',
    '',
  ].join('\r\n');

  test.each([
    [{}, [9, 0, 8, 101], 'RTP/AVP', 0],
    [{ codecs: ['G729'], srtp: 'off' }, [18, 101], 'RTP/AVP', 0],
    [{ srtp: 'optional' }, [9, 0, 8, 101], 'RTP/AVP', 1],
    [{ codecs: ['PCMA'], srtp: 'require' }, [8, 101], 'RTP/SAVP', 1],
  ] as const)('%j', (how, types, protocol, keys) => {
    const shown = shownTo(offer, 'G722', how);
    expect(parseAudio(shown).payloadTypes).toEqual(types);
    expect(readSecurity(shown).protocol).toBe(protocol);
    expect(cryptosOf(shown).length).toBe(keys);
  });
});
