import { describe, expect, test } from 'vitest';
import { createControlSession } from '../../../src/edge/commands.ts';
import { applicationLeft } from '../../../src/edge/incoming.ts';
import { createTestCore, type Sent, type TestApplication, type TestCore } from './edge-core.ts';
import { headerLines, sipText } from './sip-text.ts';

const SDP = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\n';
const BOB = { address: '127.0.0.1', port: 5080 };
const BOB_URI = 'sip:bob@127.0.0.1:5080';
const CONTACT = 'Contact: <sip:bob@127.0.0.1:5080>';

interface Wanted {
  readonly uri?: string;
  readonly headers?: readonly string[];
  readonly body?: string;
  readonly dialogId?: string;
  readonly transactionId?: string;
  readonly proxy?: string;
}

function send(application: TestApplication, method: string, wanted: Wanted = {}): string[] {
  const { uri = BOB_URI, headers = [], body = '', dialogId = '', transactionId = '', proxy } = wanted;
  const meta = `m|sip|${transactionId}|${dialogId}${proxy === undefined ? '' : `|${proxy}`}`;
  application.session.handle(`${meta}\r\n${sipText([`${method} ${uri} SIP/2.0`, ...headers], body)}`);
  return application.last();
}

/** A response to a request that the edge has sent. */
function reply(request: Sent | undefined, status: string, more: readonly string[] = [], tag = 'b1', body = ''): string {
  const text = request?.text ?? '';
  const to = headerLines(text, 'To')[0] ?? '';
  const copied = ['Via', 'From', 'Call-ID', 'CSeq'].flatMap((name) =>
    headerLines(text, name).map((each) => `${name}: ${each}`),
  );
  const tagged = to.includes('tag=') ? to : `${to};tag=${tag}`;
  return sipText([`SIP/2.0 ${status}`, ...copied, `To: ${tagged}`, ...more, `Content-Length: ${body.length}`], body);
}

function lastSent(core: TestCore, what: string): Sent | undefined {
  return core.sent.findLast((each) => each.what === what);
}

/** The application calls Bob, who answers, and acknowledges; returns the dialog's id. */
function establish(core: TestCore, application: TestApplication, more: readonly string[] = [CONTACT]): string {
  send(application, 'INVITE', { body: SDP });
  core.receive(reply(lastSent(core, 'INVITE'), '200 OK', more), BOB);
  const dialogId = application.last()[9] ?? '';
  send(application, 'ACK', { dialogId });
  core.news();
  return dialogId;
}

describe("an application's new request", () => {
  test('is filled in, sent and confirmed with what was sent', () => {
    const core = createTestCore();
    const application = core.join();
    const confirmed = send(application, 'INVITE', {
      body: SDP,
      headers: ['From: sip:me@localhost', 'x-a: 1', 'Via: no'],
    });
    const { text = '', to } = lastSent(core, 'INVITE') ?? {};
    expect(to).toEqual(BOB);
    expect(confirmed.slice(1, 5)).toEqual(['response', 'm', 'OK', 'application']);
    expect(confirmed.at(-2)).toBe('');
    expect(confirmed.at(-1)).toBe(text);
    expect(headerLines(text, 'Via')).toEqual([
      expect.stringMatching(/^SIP\/2\.0\/UDP 127\.0\.0\.1:5060;rport;branch=z9hG4bK/),
    ]);
    expect(headerLines(text, 'From')).toEqual([expect.stringMatching(/^<sip:me@127\.0\.0\.1:5060>;tag=tag-/)]);
    expect(headerLines(text, 'To')).toEqual([`<${BOB_URI}>`]);
    expect(headerLines(text, 'Max-Forwards')).toEqual(['70']);
    expect(headerLines(text, 'CSeq')).toEqual(['100 INVITE']);
    expect(headerLines(text, 'Contact')).toEqual(['<sip:127.0.0.1:5060>']);
    expect(headerLines(text, 'Content-Type')).toEqual(['application/sdp']);
    expect(headerLines(text, 'x-a')).toEqual(['1']);
  });

  test('keeps the Call-ID, CSeq and From tag that the application gives, as its answer to a challenge does', () => {
    const core = createTestCore();
    send(core.join(), 'INVITE', {
      headers: [
        'call-id: mine',
        'CSeq: 8 INVITE',
        'From: "Me" <sip:me@127.0.0.1>;tag=t1',
        'contact: <sip:x@127.0.0.1>',
      ],
    });
    const text = lastSent(core, 'INVITE')?.text ?? '';
    expect(headerLines(text, 'Call-ID')).toEqual(['mine']);
    expect(headerLines(text, 'CSeq')).toEqual(['8 INVITE']);
    expect(headerLines(text, 'From')).toEqual(['"Me" <sip:me@127.0.0.1>;tag=t1']);
    expect(headerLines(text, 'Contact')).toEqual(['<sip:x@127.0.0.1>']);
  });

  test.each([
    ['a proxy in its message', { proxy: 'sip:127.0.0.1:5090' }, 'udp', 5090],
    ['transport=tcp', { uri: `${BOB_URI};transport=tcp` }, 'tcp', 5080],
    ['localhost', { uri: 'sip:bob@localhost:5081' }, 'udp', 5081],
    ['a tel URI and a proxy', { uri: 'tel:+123', proxy: '127.0.0.1:5090' }, 'udp', 5090],
  ])('goes where it should with %s', (_, wanted, protocol, port) => {
    const core = createTestCore();
    send(core.join(), 'INVITE', wanted);
    expect(lastSent(core, 'INVITE')).toMatchObject({ protocol, to: { port } });
  });

  test.each([
    ['a name', { uri: 'sip:bob@example.com' }, 'does not resolve names'],
    ['the edge itself', { uri: 'sip:bob@127.0.0.1:5060' }, 'can not send request to myself'],
    ['TLS', { uri: 'sips:bob@127.0.0.1' }, 'not available'],
    ['no URI', { uri: 'bob' }, 'invalid request-uri'],
    ['a body of unknown type', { body: 'hello' }, 'missing content-type'],
    ['no address in From', { headers: ['From: <<'] }, 'invalid from value'],
    ['no address in To', { headers: ['To: <<'] }, 'invalid to value'],
    ['more than a datagram holds', { headers: [`X: ${'x'.repeat(65_500)}`] }, 'does not fit into a UDP datagram'],
    ['a dialog that is not known', { dialogId: 'none;from-tag=x' }, 'unable to find dialog'],
  ])('is refused with %s', (_, wanted, why) => {
    const core = createTestCore();
    const refused = send(core.join(), 'INVITE', wanted);
    expect(refused[3]).toBe('NOK');
    expect(refused[4]).toContain(why);
    expect(core.news()).toEqual([]);
  });

  test('that is too large is refused without being read, and the connection stays', () => {
    const { session, last } = createTestCore().join();
    expect(session.refuseOversized('my-id|sip||\r\nINVITE', 70_000, 65_535)).toBe(true);
    expect(last().slice(1)).toEqual([
      'response',
      'my-id',
      'NOK',
      'a message of 70000 bytes is too large: at most 65535',
    ]);
  });

  test('gets its response, and 408 or 503 where none comes', () => {
    const core = createTestCore();
    const application = core.join();
    const id = send(application, 'OPTIONS').at(-4);
    core.receive(reply(lastSent(core, 'OPTIONS'), '200 OK'), BOB);
    expect(application.last().slice(8, 11)).toEqual([id, '', '']);
    expect(application.last().at(-1)).toMatch(/^SIP\/2\.0 200 OK/);

    send(application, 'OPTIONS');
    core.clock.advance(32_000);
    expect(application.last().slice(2, 7)).toEqual(['network', '0', 'udp', '', '0']);
    expect(application.last().at(-1)).toMatch(/^SIP\/2\.0 408 Request Timeout/);

    send(application, 'OPTIONS', { uri: `${BOB_URI};transport=tcp` });
    core.closeConnection(BOB);
    expect(application.last().at(-1)).toMatch(/^SIP\/2\.0 503 Service Unavailable/);
  });
});

describe('a call of an application', () => {
  test('that is refused is acknowledged by the edge; the ACK of drachtio-srf is not sent', () => {
    const core = createTestCore();
    const application = core.join();
    send(application, 'INVITE', { body: SDP });
    const invite = lastSent(core, 'INVITE');
    core.receive(reply(invite, '100 Trying'), BOB);
    core.receive(reply(invite, '180 Ringing'), BOB);
    core.receive(reply(invite, '486 Busy Here'), BOB);
    core.receive(reply(invite, '486 Busy Here'), BOB);
    expect(core.news()).toEqual(['INVITE', 'ACK', 'ACK']);
    const ack = lastSent(core, 'ACK')?.text ?? '';
    expect(headerLines(ack, 'Via')).toEqual(headerLines(invite?.text ?? '', 'Via'));
    expect(headerLines(ack, 'To')).toEqual([`<${BOB_URI}>;tag=b1`]);
    const statuses = application.said.map((each) => /\r\nSIP\/2\.0 (\d+)/.exec(each)?.[1]).filter(Boolean);
    expect(statuses).toEqual(['180', '486']);
    expect(send(application, 'ACK', { dialogId: application.last()[9] ?? '' })[4]).toContain('automatically generated');
  });

  test('is acknowledged by the application, with its body, and again for each repeated 200', () => {
    const core = createTestCore();
    const application = core.join();
    send(application, 'INVITE');
    const invite = lastSent(core, 'INVITE');
    core.receive(reply(invite, '200 OK', [CONTACT]), BOB);
    core.receive(reply(invite, '200 OK', [CONTACT]), BOB);
    const before = application.said.length;
    send(application, 'ACK', { dialogId: application.last()[9] ?? '', body: SDP });
    core.receive(reply(invite, '200 OK', [CONTACT]), BOB);
    expect(core.news()).toEqual(['INVITE', 'ACK', 'ACK']);
    expect(application.said).toHaveLength(before + 1);
    const ack = lastSent(core, 'ACK')?.text ?? '';
    expect(ack).toMatch(/^ACK sip:bob@127\.0\.0\.1:5080 /);
    expect(headerLines(ack, 'CSeq')).toEqual(['100 ACK']);
    expect(headerLines(ack, 'Content-Type')).toEqual(['application/sdp']);
  });

  test('that forks has its other branches acknowledged and ended', () => {
    const core = createTestCore();
    const application = core.join();
    establish(core, application);
    const said = application.said.length;
    core.receive(reply(lastSent(core, 'INVITE'), '200 OK', ['Contact: <sip:other@127.0.0.1:5081>'], 'b2'), BOB);
    expect(core.sent.slice(-2).map(({ what, to }) => [what, to.port])).toEqual([
      ['ACK', 5081],
      ['BYE', 5081],
    ]);
    expect(application.said).toHaveLength(said);
  });

  test('is cancelled once there is a provisional response', () => {
    const core = createTestCore();
    const application = core.join();
    const transactionId = send(application, 'INVITE', { body: SDP }).at(-4) ?? '';
    const invite = lastSent(core, 'INVITE');
    const confirmed = send(application, 'CANCEL', { transactionId, headers: ['Reason: SIP;cause=200'] });
    expect(confirmed[3]).toBe('OK');
    expect(core.news()).toEqual(['INVITE']);
    core.receive(reply(invite, '180 Ringing'), BOB);
    expect(core.news()).toEqual(['CANCEL']);
    const cancel = lastSent(core, 'CANCEL');
    expect(headerLines(cancel?.text ?? '', 'Via')).toEqual(headerLines(invite?.text ?? '', 'Via'));
    expect(headerLines(cancel?.text ?? '', 'Reason')).toEqual(['SIP;cause=200']);
    core.receive(reply(cancel, '200 OK'), BOB);
    core.receive(reply(invite, '487 Request Terminated'), BOB);
    expect(core.news()).toEqual(['ACK']);
    expect(application.last().at(-1)).toMatch(/^SIP\/2\.0 487/);
    expect(send(application, 'CANCEL', { transactionId })[4]).toContain('unable to cancel unknown transaction');
  });

  test('whose CANCEL and 200 have crossed is ended after the ACK, and the application is told', () => {
    const core = createTestCore();
    const application = core.join();
    const transactionId = send(application, 'INVITE', { body: SDP }).at(-4) ?? '';
    const invite = lastSent(core, 'INVITE');
    core.receive(reply(invite, '180 Ringing'), BOB);
    send(application, 'CANCEL', { transactionId });
    core.receive(reply(invite, '200 OK', [CONTACT]), BOB);
    send(application, 'ACK', { dialogId: application.last()[9] ?? '' });
    expect(core.news()).toEqual(['INVITE', 'CANCEL', 'ACK', 'BYE']);
    expect(application.last()[8]).toBe('unsolicited');
  });

  test('is cancelled when its application leaves, and ended where it is answered all the same', () => {
    const core = createTestCore();
    const application = core.join();
    send(application, 'INVITE', { body: SDP });
    const invite = lastSent(core, 'INVITE');
    core.receive(reply(invite, '180 Ringing'), BOB);
    applicationLeft(core.state, application.application);
    core.receive(reply(invite, '200 OK', [CONTACT]), BOB);
    expect(core.news()).toEqual(['INVITE', 'CANCEL', 'ACK', 'BYE']);
  });

  test('has requests in its dialog along the recorded routes, counted on', () => {
    const core = createTestCore();
    const application = core.join();
    const routes = ['Record-Route: <sip:127.0.0.1:5091;lr>, <sip:127.0.0.1:5090;lr>', CONTACT];
    const dialogId = establish(core, application, routes);
    send(application, 'INFO', { dialogId, uri: 'sip:placeholder', body: 'x', headers: ['Content-Type: text/plain'] });
    const info = lastSent(core, 'INFO');
    expect(info?.to.port).toBe(5090);
    expect(info?.text).toMatch(/^INFO sip:bob@127\.0\.0\.1:5080 /);
    expect(headerLines(info?.text ?? '', 'Route')).toEqual(['<sip:127.0.0.1:5090;lr>', '<sip:127.0.0.1:5091;lr>']);
    expect(headerLines(info?.text ?? '', 'CSeq')).toEqual(['101 INFO']);
    core.receive(reply(info, '200 OK'), BOB);
    expect(application.last()[9]).toBe(dialogId);
  });

  test('goes through a strict router as RFC 3261 section 12.2.1.1 says', () => {
    const core = createTestCore();
    const application = core.join();
    const dialogId = establish(core, application, ['Record-Route: <sip:127.0.0.1:5091>', CONTACT]);
    send(application, 'BYE', { dialogId, uri: 'sip:placeholder' });
    const bye = lastSent(core, 'BYE')?.text ?? '';
    expect(bye).toMatch(/^BYE sip:127\.0\.0\.1:5091 /);
    expect(headerLines(bye, 'Route')).toEqual(['<sip:bob@127.0.0.1:5080>']);
  });

  test('has its dialog until the BYE is answered, but not by a challenge', () => {
    const core = createTestCore();
    const application = core.join();
    const dialogId = establish(core, application);
    send(application, 'BYE', { dialogId, uri: 'sip:placeholder' });
    core.receive(reply(lastSent(core, 'BYE'), '407 Proxy Authentication Required'), BOB);
    send(application, 'BYE', { dialogId, uri: 'sip:placeholder', headers: ['CSeq: 102 BYE'] });
    const again = lastSent(core, 'BYE');
    expect(headerLines(again?.text ?? '', 'CSeq')).toEqual(['102 BYE']);
    core.receive(reply(again, '200 OK'), BOB);
    expect(send(application, 'INFO', { dialogId })[4]).toContain('unable to find dialog');
  });

  test('is re-invited by the application, whose ACK has the number of that INVITE', () => {
    const core = createTestCore();
    const application = core.join();
    const dialogId = establish(core, application);
    send(application, 'INVITE', { dialogId, uri: 'sip:placeholder', body: SDP });
    const again = lastSent(core, 'INVITE');
    expect(headerLines(again?.text ?? '', 'Contact')).toEqual(['<sip:127.0.0.1:5060>']);
    core.receive(reply(again, '200 OK', ['Contact: <sip:bob@127.0.0.1:5082>']), BOB);
    core.receive(reply(again, '200 OK', ['Contact: <sip:bob@127.0.0.1:5082>']), BOB);
    send(application, 'ACK', { dialogId });
    expect(core.news()).toEqual(['INVITE', 'ACK']);
    expect(lastSent(core, 'ACK')).toMatchObject({ to: { port: 5082 } });
    expect(headerLines(lastSent(core, 'ACK')?.text ?? '', 'CSeq')).toEqual(['101 ACK']);
  });

  test('refuses the other side an INVITE while its own is open (491)', () => {
    const core = createTestCore();
    const application = core.join();
    const dialogId = establish(core, application);
    const invite = lastSent(core, 'INVITE')?.text ?? '';
    send(application, 'INVITE', { dialogId, uri: 'sip:placeholder', body: SDP });
    const theirs = sipText([
      ...['INVITE sip:127.0.0.1:5060 SIP/2.0', 'Via: SIP/2.0/UDP 127.0.0.1:5080;branch=z9hG4bKbob', CONTACT],
      ...[`From: <${BOB_URI}>;tag=b1`, `To: ${headerLines(invite, 'From')[0]}`, 'CSeq: 1 INVITE'],
      `Call-ID: ${headerLines(invite, 'Call-ID')[0]}`,
    ]);
    core.receive(theirs, BOB);
    expect(core.news()).toEqual(['INVITE', '491']);
  });

  test('sends PRACK for a reliable response, before the call is answered', () => {
    const core = createTestCore();
    const application = core.join();
    send(application, 'INVITE', { body: SDP, headers: ['Supported: 100rel'] });
    const invite = lastSent(core, 'INVITE');
    core.receive(reply(invite, '183 Session Progress', ['Require: 100rel', 'RSeq: 7', CONTACT]), BOB);
    send(application, 'PRACK', { dialogId: application.last()[9] ?? '', headers: ['RAck: 7 100 INVITE'] });
    const prack = lastSent(core, 'PRACK')?.text ?? '';
    expect(headerLines(prack, 'CSeq')).toEqual(['101 PRACK']);
    expect(headerLines(prack, 'RAck')).toEqual(['7 100 INVITE']);
    core.receive(reply(invite, '200 OK', [CONTACT]), BOB);
    send(application, 'ACK', { dialogId: application.last()[9] ?? '' });
    expect(headerLines(lastSent(core, 'ACK')?.text ?? '', 'CSeq')).toEqual(['100 ACK']);
  });

  test('leaves nothing behind', () => {
    const core = createTestCore();
    const application = core.join();
    const dialogId = establish(core, application);
    send(application, 'BYE', { dialogId, uri: 'sip:placeholder' });
    core.receive(reply(lastSent(core, 'BYE'), '200 OK'), BOB);
    core.clock.advance(64_000);
    const { incoming, outgoing, transactions, legs } = core.state;
    expect([incoming.size, outgoing.size, legs.all().length]).toEqual([0, 0, 0]);
    expect(transactions.size()).toEqual({ server: 0, client: 0 });
    expect(core.clock.waiting()).toBe(0);
  });
});

describe('an application', () => {
  test('must know the secret', () => {
    const { session, last } = createTestCore().join();
    expect(session.handle('1|authenticate|wrong|')).toBe(false);
    expect(last().slice(2)).toEqual(['1', 'NO', 'incorrect secret']);
  });

  test.each(['1|route|invite', '1|sip||\r\nOPTIONS sip:127.0.0.1:5080 SIP/2.0\r\n\r\n'])(
    'that says %j before it has shown that it does is sent away',
    (payload) => {
      const core = createTestCore();
      const said: string[] = [];
      const session = createControlSession(core.state, { say: (each) => void said.push(each) });
      expect(session.handle(payload)).toBe(false);
      expect(said[0]).toMatch(/\|NO\|not authenticated$/);
      expect(core.news()).toEqual([]);
    },
  );

  test.each([
    ['1|nonsense|x', 'Unknown message type'],
    ['1|sip|x', 'Invalid message format'],
  ])('that says %s is sent away', (payload, reason) => {
    const { session, last } = createTestCore().join();
    expect(session.handle(payload)).toBe(false);
    expect(last().slice(3)).toEqual(['NO', reason]);
  });

  test('is told that the edge does not proxy', () => {
    const { session, last } = createTestCore().join();
    expect(session.handle('1|proxy|txn|||||||sip:x\r\nINVITE sip:x SIP/2.0\r\n\r\n')).toBe(true);
    expect(last().slice(2)).toEqual(['1', 'NOK', 'the embedded edge does not proxy']);
  });

  test('takes turns with others that want the same verb, until it takes its route away', () => {
    const core = createTestCore();
    const [one, two] = [core.join('options', 'options'), core.join('options')];
    const calls = (count: number) => {
      for (let index = 0; index < count; index++) {
        core.receive(
          sipText([
            ...['OPTIONS sip:127.0.0.1 SIP/2.0', `Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK${Math.random()}`],
            ...['From: <sip:a@h>;tag=1', 'To: <sip:b@h>', `Call-ID: ${Math.random()}`, 'CSeq: 1 OPTIONS'],
          ]),
        );
      }
      return [one.said.length, two.said.length];
    };
    expect(calls(4)).toEqual([2, 2]);
    one.session.handle('1|remove_route|options');
    one.said.length = 0;
    expect(calls(2)).toEqual([0, 4]);
  });
});
