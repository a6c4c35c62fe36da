import { expect, test } from 'vitest';
import { createOwnSdp } from '../../../src/sdp/origin.ts';

const sdp = (origin: string, direction = 'sendrecv') =>
  ['v=0', `o=${origin}`, 's=-', 'c=IN IP4 192.0.2.1', 't=0 0', 'm=audio 4000 RTP/AVP 0', `a=${direction}`, ''].join(
    '\r\n',
  );
const originOf = (text: string) => /^o=(.*)\r$/m.exec(text)?.[1];

test('one session, whose version goes up by one where the rest is another, whoever has made it', () => {
  const own = createOwnSdp(42);
  expect(own.last()).toBeUndefined();
  expect(originOf(own.sending(sdp('e 1 1 IN IP4 192.0.2.1')))).toBe('sipreel 42 1 IN IP4 192.0.2.1');
  expect(originOf(own.sending(sdp('e 1 7 IN IP4 192.0.2.9')))).toBe('sipreel 42 1 IN IP4 192.0.2.1');
  const held = own.sending(sdp('B 9 1 IN IP4 192.0.2.1', 'recvonly'));
  expect(originOf(held)).toBe('sipreel 42 2 IN IP4 192.0.2.1');
  expect(held.replace(/^o=.*$/m, '')).toBe(sdp('', 'recvonly').replace(/^o=.*$/m, ''));
  expect(own.last()).toBe(held);
  expect(originOf(own.sending(sdp('e 1 1 IN IP4 192.0.2.1')))).toBe('sipreel 42 3 IN IP4 192.0.2.1');
});
