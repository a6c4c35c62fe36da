import { describe, expect, test } from 'vitest';
import { applicationLeft } from '../../../src/edge/incoming.ts';
import { createTestCore, type TestApplication, type TestCore } from './edge-core.ts';
import { headerLines, requestLines, sipText } from './sip-text.ts';

const SDP = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\n';

/** Alice calls, and the application is given the INVITE; returns the transaction's id. */
function call(core: TestCore, application: TestApplication, more: Readonly<Record<string, string>> = {}): string {
  core.receive(sipText(requestLines('INVITE', more)));
  return application.last()[8] ?? '';
}

function answer(application: TestApplication, id: string, status: string, headers: string[] = [], body = ''): string[] {
  application.session.handle(`m|sip|${id}|\r\n${sipText([`SIP/2.0 ${status}`, ...headers], body)}`);
  return application.last();
}

/** Alice calls and is answered with 200; returns the tag of the edge. */
function answeredCall(
  core: TestCore,
  application: TestApplication,
  more: Readonly<Record<string, string>> = {},
): string {
  const id = call(core, application, more);
  answer(application, id, '200 OK', [], SDP);
  return /tag=([^;]+)/.exec(headerLines(core.sent.at(-1)?.text ?? '', 'To')[0] ?? '')?.[1] ?? '';
}

function inDialog(method: string, tag: string, cseq: number, more: Readonly<Record<string, string>> = {}): string {
  const to = `<sip:bob@127.0.0.1>;tag=${tag}`;
  const via = `SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK${method}${cseq}`;
  return sipText(requestLines(method, { Via: via, To: to, CSeq: `${cseq} ${method}`, ...more }));
}

describe('a call to an application', () => {
  test('is answered 100, given to it, and its answer is filled in', () => {
    const core = createTestCore();
    const application = core.join('invite');
    const id = call(core, application, { 'Record-Route': '<sip:127.0.0.1:5099;lr>' });
    expect(core.news()).toEqual(['100']);
    expect(application.last().slice(1, 3)).toEqual(['sip', 'network']);
    expect(application.last().slice(9, 13)).toEqual(['', '127.0.0.1', '5060', '']);

    const reply = answer(application, id, '200 OK', ['x-mine: 1', 'to: <sip:bob@127.0.0.1>', 'cseq: 9 INVITE'], SDP);
    const text = core.sent.at(-1)?.text ?? '';
    expect(reply.slice(1, 5)).toEqual(['response', 'm', 'OK', 'application']);
    expect(reply.slice(10, 14)).toEqual([id, 'call-1;from-tag=a1', '', 'Msg sent:']);
    expect(reply.at(-1)).toBe(text);
    expect(headerLines(text, 'Via')).toEqual([
      'SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKone;rport=5070;received=127.0.0.1',
    ]);
    expect(headerLines(text, 'To')[0]).toMatch(/^<sip:bob@127\.0\.0\.1>;tag=tag-\d+$/);
    expect(headerLines(text, 'Record-Route')).toEqual(['<sip:127.0.0.1:5099;lr>']);
    expect(headerLines(text, 'Contact')).toEqual(['<sip:127.0.0.1:5060>']);
    expect(headerLines(text, 'Content-Type')).toEqual(['application/sdp']);
    expect(headerLines(text, 'Content-Length')).toEqual([String(SDP.length)]);
    expect(headerLines(text, 'CSeq')).toEqual(['1 INVITE']);
    expect(text).toContain('\r\nx-mine: 1\r\n');
  });

  test('may get the tag that the application chooses, which then stays', () => {
    const core = createTestCore();
    const application = core.join('invite');
    const id = call(core, application);
    answer(application, id, '180 Ringing', ['to: <sip:bob@127.0.0.1>;tag=mine']);
    answer(application, id, '200 OK', ['to: <sip:bob@127.0.0.1>'], SDP);
    expect(core.sent.slice(1).map(({ text }) => headerLines(text, 'To')[0])).toEqual(
      Array(2).fill('<sip:bob@127.0.0.1>;tag=mine'),
    );
  });

  test('that is repeated gets its latest answer again, and the application sees it once', () => {
    const core = createTestCore();
    const application = core.join('invite');
    const id = call(core, application);
    answer(application, id, '180 Ringing');
    core.receive(sipText(requestLines('INVITE')));
    expect(core.news()).toEqual(['100', '180', '180']);
    expect(application.said).toHaveLength(2);
  });

  test.each([
    ['503 where no application wants it', {}, ['options'], '503'],
    ['483 with no hops left', { 'Max-Forwards': '0' }, ['invite'], '483'],
    ['481 with the tag of a dialog that is not known', { To: '<sip:b@h>;tag=x' }, ['invite'], '481'],
  ])('gets %s', (_, more, verbs, status) => {
    const core = createTestCore();
    const application = core.join(...verbs);
    core.receive(sipText(requestLines('INVITE', more)));
    expect(core.news()).toEqual([status]);
    expect(application.said).toEqual([]);
  });

  test('gets 482 where the same call came another way', () => {
    const core = createTestCore();
    core.join('invite');
    core.receive(sipText(requestLines('INVITE')));
    core.receive(sipText(requestLines('INVITE', { Via: 'SIP/2.0/UDP 127.0.0.1:5071;branch=z9hG4bKtwo' })));
    expect(core.news()).toEqual(['100', '482']);
  });

  test('is told of its CANCEL, which is answered 200 and 487 by the edge; a later answer of the application goes nowhere', () => {
    const core = createTestCore();
    const application = core.join('invite');
    const id = call(core, application);
    answer(application, id, '180 Ringing');
    core.receive(sipText(requestLines('CANCEL')));
    expect(core.news()).toEqual(['100', '180', '200', '487']);
    expect(application.last().slice(8, 10)).toEqual([id, 'call-1;from-tag=a1']);
    expect(application.last().at(-1)).toMatch(/^CANCEL /);
    expect(answer(application, id, '200 OK').slice(3, 5)).toEqual([
      'NOK',
      'Response not sent due to unknown transaction',
    ]);
    expect(core.state.legs.all()).toEqual([]);
  });

  test('can not be cancelled once it is answered; where it is not known, CANCEL gets 481', () => {
    const core = createTestCore();
    const application = core.join('invite');
    answeredCall(core, application);
    core.news();
    core.receive(sipText(requestLines('CANCEL')));
    core.receive(sipText(requestLines('CANCEL', { Via: 'SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKother' })));
    expect(core.news()).toEqual(['200', '481']);
    expect(application.last().at(-1)).not.toMatch(/^CANCEL/);
  });

  test('of an RFC 2543 caller, whose branch has no magic cookie, is matched with its CANCEL and ACK', () => {
    const core = createTestCore();
    core.join('invite');
    const old = { Via: 'SIP/2.0/UDP 127.0.0.1:5070' };
    core.receive(sipText(requestLines('INVITE', old)));
    core.receive(sipText(requestLines('INVITE', old)));
    core.receive(sipText(requestLines('CANCEL', old)));
    const to = headerLines(core.sent.at(-1)?.text ?? '', 'To')[0] ?? '';
    core.receive(sipText(requestLines('ACK', { ...old, To: to, CSeq: '1 ACK' })));
    expect(core.news()).toEqual(['100', '100', '200', '487']);
    core.clock.advance(10_000);
    expect(core.news()).toEqual([]);
  });

  test('whose answer takes too long gets 408', () => {
    const core = createTestCore();
    const application = core.join('invite');
    const id = call(core, application);
    core.clock.advance(64_000);
    expect(core.news()).toContain('408');
    expect(answer(application, id, '200 OK')[3]).toBe('NOK');
  });

  test('gets 503 when its application leaves, and its dialogs are forgotten', () => {
    const core = createTestCore();
    const application = core.join('invite');
    const tag = answeredCall(core, application);
    core.receive(inDialog('ACK', tag, 1));
    call(core, application, { 'Call-ID': 'call-2', Via: 'SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKtwo' });
    core.news();
    core.state.applications.leave(application.application);
    applicationLeft(core.state, application.application);
    expect(core.news()).toEqual(['503']);
    core.receive(inDialog('BYE', tag, 2));
    core.receive(sipText(requestLines('INVITE', { 'Call-ID': 'c3', Via: 'SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK3' })));
    expect(core.news()).toEqual(['481', '503']);
  });
});

describe('an answered call', () => {
  test('has its 200 repeated on the schedule of RFC 3261 section 13.3.1.4, then gets a BYE and the application is told', () => {
    const core = createTestCore();
    const application = core.join('invite');
    answeredCall(core, application);
    core.clock.advance(32_000);
    const repeated = core.sent.filter(({ what }) => what === '200').map(({ atMs }) => atMs);
    expect(repeated).toEqual([0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    const bye = core.sent.at(-1);
    expect(bye).toMatchObject({ atMs: 32_000, what: 'BYE', to: { address: '127.0.0.1', port: 5070 } });
    expect(headerLines(bye?.text ?? '', 'Reason')).toEqual(['SIP;cause=200;text="ACK timeout"']);
    expect(application.last().slice(1, 3)).toEqual(['sip', 'application']);
    expect(application.last().slice(8, 10)).toEqual(['unsolicited', 'call-1;from-tag=a1']);
    expect(application.last().at(-1)).toBe(bye?.text);
    expect(core.state.legs.all()).toEqual([]);
  });

  test('is quiet after its ACK, which the application gets once, under the id of the INVITE', () => {
    const core = createTestCore();
    const application = core.join('invite');
    const id = call(core, application);
    answer(application, id, '200 OK', [], SDP);
    const tag = /tag=([^;]+)/.exec(headerLines(core.sent.at(-1)?.text ?? '', 'To')[0] ?? '')?.[1] ?? '';
    core.clock.advance(600);
    const before = application.said.length;
    core.receive(inDialog('ACK', tag, 1));
    core.receive(inDialog('ACK', tag, 1));
    expect(application.said).toHaveLength(before + 1);
    expect(application.last().slice(8, 10)).toEqual([id, 'call-1;from-tag=a1']);
    core.clock.advance(40_000);
    expect(core.news()).toEqual(['100', '200', '200']);
  });

  test('takes requests of the caller, answers repeated ones by itself, and ends with BYE', () => {
    const core = createTestCore();
    const application = core.join('invite');
    const tag = answeredCall(core, application);
    core.receive(inDialog('ACK', tag, 1));
    core.news();
    for (const [cseq, method] of ['INFO', 'REFER', 'OPTIONS', 'UPDATE', 'MESSAGE', 'NOTIFY', 'SUBSCRIBE'].entries()) {
      core.receive(inDialog(method, tag, cseq + 2));
      expect(application.last()[9]).toBe('call-1;from-tag=a1');
      answer(application, application.last()[8] ?? '', '200 OK');
      core.receive(inDialog(method, tag, cseq + 2));
      expect(core.news(), method).toEqual(['200', '200']);
    }
    core.receive(inDialog('BYE', tag, 20));
    answer(application, application.last()[8] ?? '', '200 OK');
    core.receive(inDialog('BYE', tag, 20));
    core.receive(inDialog('BYE', tag, 21));
    expect(core.news()).toEqual(['200', '200', '481']);
  });

  test('refuses a request that is older than the last, and a second INVITE beside the first', () => {
    const core = createTestCore();
    const application = core.join('invite');
    const tag = answeredCall(core, application);
    core.receive(inDialog('ACK', tag, 1));
    core.news();
    core.receive(inDialog('INVITE', tag, 5));
    core.receive(inDialog('INVITE', tag, 6));
    core.receive(inDialog('INFO', tag, 4));
    expect(core.news()).toEqual(['100', '500', '500']);
  });

  test('takes a re-INVITE with its 200, ACK and new target', () => {
    const core = createTestCore();
    const application = core.join('invite');
    const tag = answeredCall(core, application);
    core.receive(inDialog('ACK', tag, 1));
    core.receive(inDialog('INVITE', tag, 2, { Contact: '<sip:alice@127.0.0.1:5071>' }));
    const id = application.last()[8] ?? '';
    answer(application, id, '200 OK', ['contact: <sip:own@127.0.0.1:5060>'], SDP);
    expect(headerLines(core.sent.at(-1)?.text ?? '', 'Contact')).toEqual(['<sip:own@127.0.0.1:5060>']);
    core.clock.advance(500);
    core.receive(inDialog('ACK', tag, 2));
    expect(core.news().slice(2)).toEqual(['100', '200', '200']);
    expect(application.last()[8]).toBe(id);
    application.session.handle(`m|sip||call-1;from-tag=a1\r\n${sipText(['BYE sip:placeholder SIP/2.0'])}`);
    expect(core.sent.at(-1)).toMatchObject({ what: 'BYE', to: { port: 5071 } });
  });

  test('carries a reliable 183 that is repeated until its PRACK (RFC 3262)', () => {
    const core = createTestCore();
    const application = core.join('invite');
    const id = call(core, application, { Supported: '100rel' });
    answer(application, id, '183 Session Progress', ['require: 100rel'], SDP);
    const progress = core.sent.at(-1)?.text ?? '';
    const tag = /tag=([^;]+)/.exec(headerLines(progress, 'To')[0] ?? '')?.[1] ?? '';
    expect(headerLines(progress, 'RSeq')).toEqual(['101']);
    core.clock.advance(1500);
    core.receive(inDialog('PRACK', tag, 2, { RAck: '99 1 INVITE' }));
    core.receive(inDialog('PRACK', tag, 3, { RAck: '101 1 INVITE' }));
    expect(application.last().at(-1)).toMatch(/^PRACK /);
    answer(application, application.last()[8] ?? '', '200 OK');
    core.clock.advance(20_000);
    expect(core.news()).toEqual(['100', '183', '183', '183', '481', '200']);
    answer(application, id, '200 OK', [], SDP);
    expect(core.news()).toEqual(['200']);
  });

  test('is refused a reliable response where the caller does not know them', () => {
    const core = createTestCore();
    const application = core.join('invite');
    const id = call(core, application);
    expect(answer(application, id, '183 Session Progress', ['require: 100rel'])[3]).toBe('NOK');
    expect(core.news()).toEqual(['100']);
  });

  test('leaves nothing behind', () => {
    const core = createTestCore();
    const application = core.join('invite');
    const tag = answeredCall(core, application);
    core.receive(inDialog('ACK', tag, 1));
    core.receive(inDialog('BYE', tag, 2));
    answer(application, application.last()[8] ?? '', '200 OK');
    core.clock.advance(64_000);
    const { incoming, incomingOf, outgoing, transactions, legs } = core.state;
    expect([incoming.size, incomingOf.size, outgoing.size, legs.all().length]).toEqual([0, 0, 0, 0]);
    expect(transactions.size()).toEqual({ server: 0, client: 0 });
    expect(core.clock.waiting()).toBe(0);
  });
});

describe('the way of responses', () => {
  test('over TCP is the connection the request came over, or a new one to its Via once that is gone', () => {
    const core = createTestCore();
    const application = core.join('invite');
    const via = { Via: 'SIP/2.0/TCP 127.0.0.1:5080;branch=z9hG4bKone' };
    core.receive(sipText(requestLines('INVITE', { ...via, 'Content-Length': '0' })), { protocol: 'tcp', port: 40_000 });
    const id = application.last()[8] ?? '';
    answer(application, id, '180 Ringing');
    core.closeConnection({ address: '127.0.0.1', port: 40_000 });
    answer(application, id, '486 Busy Here');
    expect(core.sent.map(({ what, to, protocol }) => [what, protocol, to.port])).toEqual([
      ...[
        ['100', 'tcp', 40_000],
        ['180', 'tcp', 40_000],
        ['486', 'tcp', 5080],
      ],
    ]);
  });

  test('over UDP follows the Via, or where it came from with rport', () => {
    const core = createTestCore();
    core.receive(sipText(requestLines('OPTIONS', { Via: 'SIP/2.0/UDP 127.0.0.1:5099;branch=z9hG4bK1' })));
    core.receive(sipText(requestLines('OPTIONS', { Via: 'SIP/2.0/UDP 127.0.0.1:5099;branch=z9hG4bK2;rport' })));
    expect(core.sent.map(({ to }) => to.port)).toEqual([5099, 5070]);
  });

  test('of a malformed request is the same, with 400; a malformed response is dropped', () => {
    const core = createTestCore();
    core.receive(sipText(requestLines('INVITE', { CSeq: 'x' })));
    core.receive(sipText(['SIP/2.0 200 OK', ...requestLines('INVITE', { CSeq: 'x' }).slice(1)]));
    core.receive('\0\x01garbage');
    expect(core.news()).toEqual(['400']);
  });
});
