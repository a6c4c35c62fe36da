import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readApplicationHeaders } from '../../../src/edge/application-headers.ts';
import { parseContact } from '../../../src/edge/contact.ts';
import { findDestination } from '../../../src/edge/destination.ts';
import { isUri, parseAddress, parseSipUri, tagOf } from '../../../src/edge/sip/address.ts';
import { parseMessage } from '../../../src/edge/sip/parse.ts';
import { responsePlace, stampVia, topVia } from '../../../src/edge/sip/via.ts';
import { requestLines, sipText } from './sip-text.ts';

describe('a SIP URI', () => {
  test.each([
    ['sip:bob@127.0.0.1:5070;transport=tcp', { user: 'bob', host: '127.0.0.1', port: 5070 }],
    ['SIP:Host.Example', { user: null, host: 'host.example', port: null }],
    ['sip:a;b=c@[::1]:5060;lr', { user: 'a;b=c', host: '::1', port: 5060 }],
    ['sip:+49%20123@10.0.0.1?Subject=x', { user: '+49%20123', host: '10.0.0.1', port: null }],
    ['sip:@host', null],
    ['sip:host:0', null],
    ['sip:host:65536', null],
    ['sip:ho st', null],
    ['sip:', null],
    ['sip:[::1', null],
    ['sip:[1.2.3.4]', null],
    ['tel:+1234', null],
    ['bob', null],
  ])('%s', (text, parts) => {
    if (parts === null) expect(parseSipUri(text)).toBeNull();
    else expect(parseSipUri(text)).toMatchObject(parts);
  });

  test('of other schemes is a URI all the same', () => {
    expect(['tel:+123', 'urn:service:sos', 'x:y'].map(isUri)).toEqual([true, true, true]);
    expect(['', ':', 'sip:', '1x:y', '<sip:a>', 'sip:a b', 'sip:a\0'].map(isUri)).toEqual(Array(7).fill(false));
  });
});

describe('an address', () => {
  test.each([
    ['"A, <B>; \\"c\\"" <sip:a@h;user=phone>;tag=1;x', 'sip:a@h;user=phone', '1'],
    ['sip:a@h;tag=1', 'sip:a@h', '1'],
    ['Bob Lee <tel:+123>', 'tel:+123', ''],
    ['<sip:a@h> ; tag = 1', 'sip:a@h', '1'],
  ])('%s', (text, uri, tag) => {
    expect(parseAddress(text)?.uri).toBe(uri);
    expect(tagOf(text)).toBe(tag);
  });

  test.each(['', '<', '<>', '"x', '"x" y <sip:a>', '<sip:a> junk', 'a b', '<<sip:a>>'])('%j is none', (text) => {
    expect(parseAddress(text)).toBeNull();
  });

  test('is never an exception', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseAddress(text)));
  });
});

describe('the topmost Via', () => {
  const from = { address: '127.0.0.9', port: 4000 };

  function stamped(via: string) {
    const parsed = parseMessage(sipText(requestLines('OPTIONS', { Via: via })));
    if (parsed.kind !== 'message' || parsed.message.kind !== 'request') throw new Error(JSON.stringify(parsed));
    const request = stampVia(parsed.message, from);
    const hop = topVia(request);
    return { text: request.headers[0]?.value, place: hop && responsePlace(hop, 'udp') };
  }

  test.each([
    ['another host than it came from', 'SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK1', '127.0.0.9', 5070],
    ['no port', 'SIP/2.0/UDP 127.0.0.9;branch=z9hG4bK1', '127.0.0.9', 5060],
    ['rport', 'SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK1;rport', '127.0.0.9', 4000],
    ['an rport with a value of its own', 'SIP/2.0/UDP 127.0.0.9:5070;rport=9;branch=z9hG4bK1', '127.0.0.9', 4000],
    ['a received that is not true', 'SIP/2.0/UDP 127.0.0.9:5070;received=8.8.8.8;branch=z9hG4bK1', '127.0.0.9', 5070],
    ['a name', 'SIP/2.0/UDP pc33.example.com;branch=z9hG4bK1', '127.0.0.9', 5060],
    ['further hops behind it', 'SIP/2.0/UDP 127.0.0.1:1;rport, SIP/2.0/TCP h:2;branch=x', '127.0.0.9', 4000],
  ])('with %s tells where responses go', (_, via, address, port) => {
    expect(stamped(via).place).toEqual({ address, port });
  });

  test('stays as it was where it is true', () => {
    expect(stamped('SIP / 2.0 / UDP  127.0.0.9:5070 ;branch=z9hG4bK1').text).toBe(
      'SIP / 2.0 / UDP  127.0.0.9:5070 ;branch=z9hG4bK1',
    );
  });

  test('keeps the other hops', () => {
    expect(stamped('SIP/2.0/UDP 127.0.0.1:1;rport, SIP/2.0/TCP h:2;branch=x').text).toBe(
      'SIP/2.0/UDP 127.0.0.1:1;rport=4000;received=127.0.0.9, SIP/2.0/TCP h:2;branch=x',
    );
  });
});

describe('a destination', () => {
  test.each([
    ['sip:bob@127.0.0.1', { protocol: 'udp', address: '127.0.0.1', port: 5060 }],
    ['sip:bob@localhost:5070;transport=TCP', { protocol: 'tcp', address: '127.0.0.1', port: 5070 }],
    ['<sip:127.0.0.1:5070;transport=tcp;lr>', { protocol: 'tcp', address: '127.0.0.1', port: 5070 }],
    ['127.0.0.1:5070', { protocol: 'udp', address: '127.0.0.1', port: 5070 }],
    ['sip:1234@127.0.0.1:5070', { protocol: 'udp', address: '127.0.0.1', port: 5070 }],
    ['sip:bob@example.com', { refused: expect.stringContaining('"example.com"') }],
    ['sips:bob@127.0.0.1', { refused: expect.stringContaining('not available') }],
    ['sip:bob@127.0.0.1;transport=ws', { refused: expect.stringContaining('not available') }],
    ['tel:+123', { refused: 'invalid request-uri: tel:+123' }],
    ['', { refused: 'invalid request-uri: ' }],
  ])('%j', (text, destination) => {
    expect(findDestination(text, ['udp', 'tcp'])).toEqual(destination);
  });

  test('over a transport that is not listened on is refused', () => {
    expect(findDestination('sip:127.0.0.1;transport=tcp', ['udp'])).toHaveProperty('refused');
  });
});

describe('a contact to listen on', () => {
  test.each([
    ['sip:127.0.0.1:5060;transport=udp,tcp', { address: '127.0.0.1', port: 5060, transports: ['udp', 'tcp'] }],
    ['sip:127.0.0.1', { address: '127.0.0.1', port: 5060, transports: ['udp', 'tcp'] }],
    ['sip:localhost:0;transport=tcp', { address: '127.0.0.1', port: 0, transports: ['tcp'] }],
    ['sip:[::1]:5070;transport=udp', { address: '::1', port: 5070, transports: ['udp'] }],
  ])('%s', (text, contact) => {
    expect(parseContact(text)).toEqual(contact);
  });

  test.each([
    ['sips:127.0.0.1', 'no TLS'],
    ['sip:example.com', 'neither an IP address'],
    ['sip:127.0.0.1;transport=ws', 'not "ws"'],
    ['127.0.0.1:5060', 'no SIP URI'],
    ['sip:127.0.0.1:70000', 'no SIP URI'],
  ])('%s is refused', (text, why) => {
    expect(() => parseContact(text)).toThrow(why);
  });
});

test("an application's headers get their usual spelling, lose what is the server's, and localhost its meaning", () => {
  const lines = [
    ...['x-Own: 1', 'user-agent: q', 'call-id: c', 'www-authenticate: Digest', 'f: <sip:a@localhost>;tag=1'],
    ...['contact: <sip:a@localhost:9;transport=tcp>', 'subject: call a@localhost', 'Via: SIP/2.0/UDP h', 'rseq: 4'],
    ...['Record-Route: <sip:h>', 'Route: <sip:h>', 'content-length: 9', 'no colon', 'two words: 3', ': 4'],
  ];
  const headers = readApplicationHeaders(lines, { address: '127.0.0.1', port: 5099 });
  expect(headers.map(({ text }) => text)).toEqual([
    ...['x-Own: 1', 'User-Agent: q', 'Call-ID: c', 'WWW-Authenticate: Digest', 'From: <sip:a@127.0.0.1:5099>;tag=1'],
    ...['Contact: <sip:a@127.0.0.1:5099;transport=tcp>', 'Subject: call a@localhost'],
  ]);
});
