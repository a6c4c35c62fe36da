import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseApplicationMessage } from '../../../src/edge/control/application-messages.ts';
import { type ControlFrame, createFrameParser, encodeFrame } from '../../../src/edge/control/frames.ts';
import { formatTime, serverMessages } from '../../../src/edge/control/server-messages.ts';

const MAX = 65_535;

describe('control frames', () => {
  test('are read however they are cut', () => {
    const payloads = fc.array(fc.string({ minLength: 1, maxLength: 300 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(payloads, fc.integer({ min: 1, max: 50 }), (texts, size) => {
        const bytes = texts.map((text) => Buffer.from(text, 'utf8'));
        const stream = Buffer.concat(bytes.map((each) => encodeFrame(each.toString('latin1'))));
        const parser = createFrameParser(MAX);
        const frames: ControlFrame[] = [];
        for (let at = 0; at < stream.length; at += size) frames.push(...parser.push(stream.subarray(at, at + size)));
        expect(frames).toEqual(bytes.map((each) => ({ kind: 'payload', payload: each.toString('latin1') })));
      }),
    );
  });

  test('count bytes, as drachtio-srf does', () => {
    const payload = 'id|sip||\r\nINFO sip:ü SIP/2.0\r\n\r\n';
    const parser = createFrameParser(MAX);
    const frames = parser.push(Buffer.from(`${Buffer.byteLength(payload)}#${payload}7#id|ping`));
    expect(frames.map((frame) => frame.kind === 'payload' && Buffer.from(frame.payload, 'latin1').toString())).toEqual([
      payload,
      'id|ping',
    ]);
  });

  test('over the limit are skipped, with enough of them left to refuse them', () => {
    const large = `my-id|sip||\r\n${'x'.repeat(MAX)}`;
    const parser = createFrameParser(MAX);
    const frames = parser.push(Buffer.from(`${large.length}#${large}7#id|ping`));
    expect(frames[0]).toMatchObject({
      kind: 'oversized',
      length: large.length,
      head: expect.stringMatching(/^my-id\|sip/),
    });
    expect(frames[1]).toEqual({ kind: 'payload', payload: 'id|ping' });
  });

  test.each(['x#abc', '#abc', '0#', '12345678#x', '-1#x', '1 #x', '\r\n'])('are broken by %j', (text) => {
    const parser = createFrameParser(MAX);
    expect(parser.push(Buffer.from(`${text}7#id|ping`))).toEqual([
      { kind: 'broken', reason: 'a frame without a usable length' },
    ]);
    expect(parser.push(Buffer.from('7#id|ping'))).toEqual([]);
  });
});

describe("an application's message", () => {
  test.each([
    ['1|authenticate|cymru|', { type: 'authenticate', id: '1', secret: 'cymru' }],
    ['1|authenticate|cymru|a,b', { type: 'authenticate', id: '1', secret: 'cymru' }],
    ['1|ping', { type: 'ping', id: '1' }],
    ['1|route|INVITE', { type: 'route', id: '1', verb: 'invite' }],
    ['1|remove_route|invite', { type: 'remove_route', id: '1', verb: 'invite' }],
    ['1|proxy|txn|remainInDialog|fullResponse||serial|||sip:x\r\nINVITE sip:x SIP/2.0', { type: 'proxy', id: '1' }],
    ['1|nonsense|x', { type: 'unknown', id: '1', name: 'nonsense' }],
    ['1', { type: 'malformed', id: '1' }],
    ['', { type: 'malformed', id: '' }],
    ['1|route', { type: 'malformed', id: '1' }],
    ['1|sip|txn', { type: 'malformed', id: '1' }],
    ['1|sip|txn|', { type: 'malformed', id: '1' }],
    ['1|sip||\r\nnot a start line', { type: 'malformed', id: '1' }],
    [
      '1|sip|txn|\r\nSIP/2.0 200 OK\r\nX-A: 1\r\nto: <sip:b>\r\n\r\nbody\r\n\r\nmore',
      {
        type: 'response',
        id: '1',
        transactionId: 'txn',
        status: 200,
        reason: 'OK',
        headerLines: ['X-A: 1', 'to: <sip:b>'],
        body: 'body\r\n\r\nmore',
      },
    ],
    [
      '1|sip||cid;from-tag=t\r\nBYE sip:placeholder SIP/2.0\r\nContent-Length: 0\r\n\r\n',
      {
        type: 'request',
        id: '1',
        transactionId: '',
        dialogId: 'cid;from-tag=t',
        proxy: '',
        method: 'BYE',
        uri: 'sip:placeholder',
        headerLines: ['Content-Length: 0'],
        body: '',
      },
    ],
    [
      '1|sip|||sip:127.0.0.1:5080\r\nINVITE sip:b@127.0.0.1 SIP/2.0\r\n\r\n',
      {
        type: 'request',
        id: '1',
        transactionId: '',
        dialogId: '',
        proxy: 'sip:127.0.0.1:5080',
        method: 'INVITE',
        uri: 'sip:b@127.0.0.1',
        headerLines: [],
        body: '',
      },
    ],
  ])('%j is understood', (payload, message) => {
    expect(parseApplicationMessage(payload)).toEqual(message);
  });

  test('is never an exception', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseApplicationMessage(text)));
    const parts = fc.constantFrom('1', '|', 'sip', '\r\n', 'SIP/2.0 200 OK', 'INVITE sip:x SIP/2.0', ' ', 'a: b');
    const text = fc.array(parts, { maxLength: 20 }).map((array) => array.join(''));
    fc.assert(fc.property(text, (payload) => void parseApplicationMessage(payload)));
  });
});

/** As captured from drachtio-server 0.9.10. */
describe('what the edge says has the form of drachtio-server', () => {
  const facts = { bytes: 466, protocol: 'udp', address: '127.0.0.1', port: 55436, atUs: 59_136_168_989 } as const;
  const network = { ...facts, source: 'network' } as const;
  const application = { ...facts, source: 'application' } as const;
  const place = { address: '127.0.0.1', port: 36779 };

  test.each([
    [
      'a new request',
      serverMessages.newRequest('u', network, 'txn', place, 'INVITE'),
      'u|sip|network|466|udp|127.0.0.1|55436|16:25:36.168989|txn||127.0.0.1|36779|\r\nINVITE',
    ],
    [
      'a request in a dialog',
      serverMessages.sip('u', network, 'txn', 'cid-1;from-tag=a1', 'INFO'),
      'u|sip|network|466|udp|127.0.0.1|55436|16:25:36.168989|txn|cid-1;from-tag=a1|\r\nINFO',
    ],
    [
      'a response that was sent',
      serverMessages.responseSent('u', 'req', application, 'txn', 'cid-1;from-tag=a1', 'SIP/2.0'),
      'u|response|req|OK|application|466|udp|127.0.0.1|55436|16:25:36.168989|txn|cid-1;from-tag=a1||Msg sent:|\r\nSIP/2.0',
    ],
    [
      'a request that was sent',
      serverMessages.requestSent('u', 'req', application, 'txn', 'INFO'),
      'u|response|req|OK|application|466|udp|127.0.0.1|55436|16:25:36.168989|txn|Msg sent:|\r\nINFO',
    ],
    [
      'OK with fields',
      serverMessages.ok('u', 'req', 'udp/127.0.0.1:5060', 'v1'),
      'u|response|req|OK|udp/127.0.0.1:5060|v1',
    ],
    [
      'a refusal of the connection',
      serverMessages.no('u', 'req', 'incorrect secret'),
      'u|response|req|NO|incorrect secret',
    ],
    ['a message not sent', serverMessages.notSent('u', 'req', 'a|b\r\nc'), 'u|response|req|NOK|a b  c'],
  ])('%s', (_, written, expected) => {
    expect(written).toBe(expected);
  });

  test('its time is in UTC, to the microsecond', () => {
    expect(formatTime(Date.UTC(2026, 0, 2, 3, 4, 5, 6) * 1000 + 7)).toBe('03:04:05.006007');
  });
});
