import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { allValues, firstValue, serialize, serializeAsReceived } from '../../../src/edge/sip/message.ts';
import { type Parsed, parseMessage } from '../../../src/edge/sip/parse.ts';
import { requestLines, sipText } from './sip-text.ts';

function request(parsed: Parsed) {
  if (parsed.kind !== 'message' || parsed.message.kind !== 'request') {
    throw new Error(`no request: ${JSON.stringify(parsed)}`);
  }
  return parsed.message;
}

describe('a request', () => {
  test('keeps the order and the text of its headers, folds and spelling included', () => {
    const lines = [...requestLines('INVITE'), 'x-CUSTOM  :   hello', '  world', 'Subject: one', 'subject: two'];
    const message = request(parseMessage(sipText(lines)));
    expect(serialize(message)).toBe(sipText([...lines, 'Content-Length: 0']));
    expect(firstValue(message, 'x-custom')).toBe('hello world');
    expect(allValues(message, 'subject')).toEqual(['one', 'two']);
  });

  test('is shown with the Content-Length where the sender put it, if it is true', () => {
    const lines = requestLines('MESSAGE', { 'Content-Length': '5', Subject: 'last' });
    expect(serializeAsReceived(request(parseMessage(sipText(lines, 'hello'))))).toBe(sipText(lines, 'hello'));
    expect(serializeAsReceived(request(parseMessage(sipText(lines, 'hello and more'))))).toBe(sipText(lines, 'hello'));
  });

  test('is understood in compact form', () => {
    const compact = [
      'MESSAGE sip:bob@127.0.0.1 SIP/2.0',
      'v: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKone',
      'f: <sip:a@127.0.0.1>;tag=1',
      't: <sip:b@127.0.0.1>',
      'i: call-1',
      'CSeq: 1 MESSAGE',
      'm: <sip:a@127.0.0.1>',
      'k: 100rel',
      'c: text/plain',
      'l: 2',
    ];
    const message = request(parseMessage(sipText(compact, 'hi')));
    expect(firstValue(message, 'call-id')).toBe('call-1');
    expect(firstValue(message, 'supported')).toBe('100rel');
    expect(firstValue(message, 'content-type')).toBe('text/plain');
    expect(message.body).toBe('hi');
  });

  test('keeps every byte of what is not ASCII', () => {
    const name = Buffer.from('"Åsa à"', 'utf8').toString('latin1');
    const bytes = sipText(
      requestLines('INVITE', { From: `${name} <sip:a@127.0.0.1>;tag=1`, Subject: name.slice(1, -1) }),
    );
    expect(serialize(request(parseMessage(bytes)))).toContain(`From: ${name} <sip:a@127.0.0.1>;tag=1\r\nTo`);
    expect(firstValue(request(parseMessage(bytes)), 'subject')).toBe(name.slice(1, -1));
  });

  test('loses lines that are no headers, which drachtio-srf could not read', () => {
    const message = request(parseMessage(sipText([...requestLines('INVITE'), 'no colon here', 'two words: x', ': x'])));
    expect(serialize(message)).not.toMatch(/no colon|two words|\n: x/);
  });

  test('may have bare line feeds and empty lines before it', () => {
    const bytes = `\r\n\r\n${sipText(requestLines('INVITE')).replaceAll('\r\n', '\n')}`;
    expect(request(parseMessage(bytes)).method).toBe('INVITE');
  });
});

type Sample = [name: string, lines: string[], outcome: 'fine' | number | 'garbage', body?: string];

/** After the samples of RFC 4475, section numbers in the names. */
const torture: readonly Sample[] = [
  [
    '3.1.1.1 odd white space, case and escapes',
    [
      'INVITE sip:vivekg@127.0.0.1;unknownparam SIP/2.0',
      'TO :',
      ' sip:vivekg@127.0.0.1 ;   tag    = 1918181833n',
      'from   : "J Rosenberg \\\\\\""       <sip:jdrosen@127.0.0.1>',
      '  ;',
      '  tag = 98asjd8',
      'MaX-fOrWaRdS: 0068',
      'Call-ID: wsinv.ndaksdj@127.0.0.1',
      'Content-Length   : 0',
      'cseq: 0009',
      '  INVITE',
      'Via  : SIP  /   2.0',
      ' /UDP',
      '    127.0.0.2;branch=390skdjuw',
      's :',
      'NewFangledHeader:   newfangled value',
      ' continued newfangled value',
      'UnknownHeaderWithUnusualValue: ;;,,;;,;',
      'Route:',
      ' <sip:services.example.com;lr;unknownwith=value;unknown-no-value>',
      'v:  SIP  / 2.0  / TCP     spindle.example.com   ;',
      '  branch  =   z9hG4bK9ikj8  ,',
      ' SIP  /    2.0   / UDP  192.168.255.111   ; branch=',
      ' z9hG4bK30239',
      'm:"Quoted string \\"\\"" <sip:jdrosen@127.0.0.1> ; newparam =',
      '      newvalue ;',
      '  secondparam ; q = 0.33',
    ],
    'fine',
  ],
  [
    '3.1.1.2 every legal character in a method',
    [
      "!interesting-Method0123456789_*+`.%indeed'~ sip:a@127.0.0.1 SIP/2.0",
      ...requestLines("!interesting-Method0123456789_*+`.%indeed'~").slice(1),
    ],
    'fine',
  ],
  [
    '3.1.1.3 escapes in the URI',
    ['INVITE sip:sips%3Auser%40example.com@127.0.0.1 SIP/2.0', ...requestLines('INVITE').slice(1)],
    'fine',
  ],
  [
    '3.1.1.6 a message without spaces in names',
    requestLines('OPTIONS', { From: 'caller<sip:caller@127.0.0.1>;tag=323' }),
    'fine',
  ],
  ['3.1.2.1 an open quote is no message', requestLines('INVITE', { To: '"Mr. J. User <sip:j.user@127.0.0.1>' }), 400],
  [
    '3.1.2.2 a Content-Length larger than the datagram',
    requestLines('INVITE', { 'Content-Length': '9999' }),
    400,
    'short',
  ],
  ['3.1.2.3 a negative Content-Length', requestLines('INVITE', { 'Content-Length': '-999' }), 400],
  ['3.1.2.4 a CSeq that is too large', requestLines('REGISTER', { CSeq: '36893488147419103232 REGISTER' }), 400],
  [
    '3.1.2.6 an unquoted display name with a comma and a bracket',
    requestLines('OPTIONS', { From: 'Bell, <Alexander <sip:a@127.0.0.1>;tag=4' }),
    400,
  ],
  [
    '3.1.2.7 brackets around the Request-URI',
    ['INVITE <sip:user@127.0.0.1> SIP/2.0', ...requestLines('INVITE').slice(1)],
    400,
  ],
  [
    '3.1.2.8 blanks in the Request-URI',
    ['INVITE sip:user@127.0.0.1; lr SIP/2.0', ...requestLines('INVITE').slice(1)],
    400,
  ],
  [
    '3.1.2.9 several blanks in the request line',
    ['INVITE  sip:user@127.0.0.1  SIP/2.0', ...requestLines('INVITE').slice(1)],
    400,
  ],
  ['3.1.2.16 another version', ['OPTIONS sip:t.watson@127.0.0.1 SIP/7.0', ...requestLines('OPTIONS').slice(1)], 505],
  ['3.1.2.17 a CSeq of another method', requestLines('OPTIONS', { CSeq: '8 INVITE' }), 400],
  ['3.1.2.18 a CSeq of another method, unknown', requestLines('NEWMETHOD', { CSeq: '8 INVITE' }), 400],
  [
    '3.2.1 a branch that is only the magic cookie',
    requestLines('OPTIONS', { Via: 'SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK' }),
    'fine',
  ],
  ['3.3.1 without From', requestLines('INVITE', { From: '' }), 400],
  ['3.3.1 without Call-ID', requestLines('INVITE', { 'Call-ID': '' }), 400],
  ['3.3.1 without Via', requestLines('INVITE', { Via: '' }), 'garbage'],
  [
    '3.3.2 an unknown scheme in the Request-URI',
    ['OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0', ...requestLines('OPTIONS').slice(1)],
    'fine',
  ],
  ['3.3.8 two values where one is allowed', [...requestLines('INVITE'), 'CSeq: 8 INVITE'], 400],
  ['3.3.8 two lengths', [...requestLines('INVITE', { 'Content-Length': '0' }), 'Content-Length: 2'], 400, 'xx'],
  ['4 no blank line, but everything needed', requestLines('OPTIONS'), 'fine'],
  ['an ACK is never answered', requestLines('ACK', { From: '' }), 'garbage'],
  ['a response without CSeq', ['SIP/2.0 200 OK', ...requestLines('INVITE', { CSeq: '' }).slice(1)], 'garbage'],
  ['a response without reason phrase', ['SIP/2.0 200', ...requestLines('INVITE').slice(1)], 'fine'],
  ['a status out of range', ['SIP/2.0 700 Too Much', ...requestLines('INVITE').slice(1)], 'garbage'],
  ['HTTP', ['GET / HTTP/1.1', 'Host: x'], 'garbage'],
  ['nothing', [''], 'garbage'],
];

describe('a strange message', () => {
  test.each(torture)('%s', (_, lines, outcome, body) => {
    const parsed = parseMessage(sipText(lines, body));
    const seen = parsed.kind === 'message' ? 'fine' : parsed.kind === 'refused' ? parsed.problem.status : 'garbage';
    expect(seen, JSON.stringify(parsed, null, 1)).toBe(outcome);
  });

  test('of any bytes is never an exception', () => {
    const bytes = fc.uint8Array({ maxLength: 400 }).map((array) => Buffer.from(array).toString('latin1'));
    fc.assert(fc.property(bytes, (text) => void parseMessage(text)));
  });

  test('made of parts of SIP is never an exception, and what is read can be written and read again', () => {
    const parts = fc.constantFrom(
      ...['INVITE', 'SIP/2.0', ' ', '\r\n', '\n', ': ', '<', '>', '"', '\\', ';', ',', '=', 'tag', 'sip:a@b', '200 OK'],
      ...['Via', 'From', 'To', 'Call-ID', 'CSeq', 'v', 'l', 'Contact', '1 INVITE', 'SIP/2.0/UDP h:1;branch=z9hG4bKx'],
      ...['[::1]', '@', '\0', '\xa0', '\t', '99999999999', '*'],
    );
    const text = fc.array(parts, { maxLength: 60 }).map((array) => array.join(''));
    const valid = sipText(requestLines('INVITE'));
    const mixed = fc.tuple(text, fc.nat(valid.length)).map(([junk, at]) => valid.slice(0, at) + junk + valid.slice(at));
    fc.assert(
      fc.property(fc.oneof(text, mixed), (bytes) => {
        const parsed = parseMessage(bytes);
        if (parsed.kind !== 'message') return;
        const again = parseMessage(serialize(parsed.message));
        expect(again.kind === 'message' && serialize(again.message)).toBe(serialize(parsed.message));
      }),
    );
  });

  test('of 64 KB is read in well under a second, whatever it is made of', () => {
    const fills = [' ', '\t', ',', ';', '"', '<', '\\', 'a', '\r\n ', 'v:', 'SIP/2.0/UDP '];
    for (const fill of fills) {
      const long = fill.repeat(Math.ceil(65_000 / fill.length));
      for (const name of ['Via', 'From', 'Contact', 'Route', 'Subject', 'Content-Length', 'CSeq']) {
        const bytes = sipText(requestLines('INVITE', { [name]: `x${long}x` }));
        const begin = performance.now();
        parseMessage(bytes);
        expect(performance.now() - begin, `${name} full of ${JSON.stringify(fill)}`).toBeLessThan(250);
      }
    }
  });
});
