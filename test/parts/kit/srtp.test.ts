import { createCipheriv } from 'node:crypto';
import { expect, test } from 'vitest';
import { buildRtp } from '../../../src/rtp/packet.ts';
import { createSrtp } from '../../kit/srtp.ts';

test('a packet comes back, and neither a changed one nor one of another key does', () => {
  const sender = createSrtp();
  const packet = buildRtp(
    { payloadType: 0, sequence: 65_535, timestamp: 3, ssrc: 9, marker: true },
    Buffer.from('sound'),
  );
  const wrapped = buildRtp({ payloadType: 0, sequence: 0, timestamp: 4, ssrc: 9, marker: false }, Buffer.from('more'));
  const [first, second] = [sender.protect(packet), sender.protect(wrapped)];
  expect(Buffer.from(first).includes('sound')).toBe(false);
  const receiver = createSrtp(sender.inline);
  expect([receiver.unprotect(first), receiver.unprotect(second)].map((each) => each && Buffer.from(each))).toEqual([
    Buffer.from(packet),
    Buffer.from(wrapped),
  ]);
  expect(createSrtp().unprotect(first)).toBeUndefined();
  first[13] = (first[13] ?? 0) ^ 1;
  expect(receiver.unprotect(first)).toBeUndefined();
});

test('keys are derived as the standard has it: RFC 3711 appendix B.3', () => {
  const inline = Buffer.from('E1F97A0D3E018BE0D64FA32C06DE41390EC675AD498AFEEBB6960B3AABE6', 'hex').toString('base64');
  const sessionKey = Buffer.from('C61E7A93744F39EE10734AFE3FF7A087', 'hex');
  const sessionSalt = Buffer.from('30CBBC08863D8C85D49DB34A9AE1', 'hex');
  const stream = createCipheriv('aes-128-ctr', sessionKey, Buffer.concat([sessionSalt, Buffer.alloc(2)]));
  const zeros = buildRtp({ payloadType: 0, sequence: 0, timestamp: 0, ssrc: 0, marker: false }, new Uint8Array(16));
  const encrypted = Buffer.from(createSrtp(inline).protect(zeros)).subarray(12, 28);
  expect(encrypted).toEqual(stream.update(Buffer.alloc(16)));
});
