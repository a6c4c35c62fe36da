import type { SrfRequest, SrfResponse } from 'drachtio-srf';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../eventually.ts';
import { createTcpPhone, createUdpPhone, headerOf, type RawPhone, rawRequest, rawResponse } from './raw-phone.ts';
import { type SipServer, startSipServer } from './server.ts';
import {
  answerCalls,
  callAndSee,
  connectApplication,
  SDP,
  type SrfApplication,
  type WideDialog,
  wide,
} from './srf-application.ts';

let server: SipServer;
let phone: RawPhone;
let application: SrfApplication | undefined;
let callId = '';
let calls = 0;

beforeAll(async () => {
  server = await startSipServer();
});
afterEach(async () => {
  application?.close();
  await phone.close();
});
afterAll(async () => {
  expect(server.isRunning(), server.log()).toBe(true);
  await server.close();
});

async function begin(kind: 'UDP' | 'TCP', setUp?: Parameters<typeof connectApplication>[1]): Promise<void> {
  callId = `raw-${process.pid}-${++calls}`;
  application = await connectApplication(server, setUp);
  phone = await (kind === 'UDP' ? createUdpPhone : createTcpPhone)(server.sipPort);
}

function srfOf(one: SrfApplication | undefined): SrfApplication['srf'] {
  if (one === undefined) throw new Error('no application is connected');
  return one.srf;
}

function request(method: string, parts: Partial<Parameters<typeof rawRequest>[1]> = {}): string {
  return rawRequest(method, { to: server.sipPort, from: phone.port, callId, ...parts });
}

const sdpHeaders = ['Content-Type: application/sdp'];

/** Calls, is answered and acknowledges; returns the application's To value. */
async function establish(transport: 'UDP' | 'TCP' = 'UDP'): Promise<string> {
  phone.send(request('INVITE', { transport, headers: sdpHeaders, body: SDP }));
  const toValue = headerOf(await phone.next('SIP/2.0 200'), 'To');
  phone.send(request('ACK', { transport, toValue }));
  return toValue;
}

describe.each(['UDP', 'TCP'] as const)('over %s, a caller', (transport) => {
  test('who cancels gets 200 and 487, and the application its event', async () => {
    const cancelled: string[] = [];
    await begin(transport, (srf) =>
      srf.invite((req, res) => {
        req.on('cancel', () => void cancelled.push(req.get('Call-ID')));
        res.send(180);
      }),
    );
    const branch = `z9hG4bKcancel${transport}${process.pid}`;
    phone.send(request('INVITE', { transport, branch, headers: sdpHeaders, body: SDP }));
    await phone.next('SIP/2.0 100');
    await phone.next('SIP/2.0 180');
    phone.send(request('CANCEL', { transport, branch }));
    expect(headerOf(await phone.next('SIP/2.0 200'), 'CSeq')).toBe('1 CANCEL');
    const terminated = await phone.next('SIP/2.0 487');
    expect(headerOf(terminated, 'CSeq')).toBe('1 INVITE');
    phone.send(request('ACK', { transport, branch, toValue: headerOf(terminated, 'To') }));
    await eventually('a cancel event', () => cancelled[0] === callId);
  });

  test('has re-INVITE, INFO, REFER, OPTIONS and UPDATE answered by the application, and hangs up', async () => {
    const seen: string[] = [];
    await begin(transport, (srf) =>
      answerCalls(srf, (dialog) => {
        const note = (each: SrfRequest, to: SrfResponse) => {
          seen.push(`${each.method} ${each.body ?? ''}`.trim());
          to.send(each.method === 'REFER' ? 202 : 200);
        };
        dialog.on('modify', (_, to) => {
          seen.push('INVITE');
          to.send(200, { body: SDP });
        });
        for (const event of ['info', 'refer', 'options', 'update']) dialog.on(event, note);
        dialog.on('destroy', () => void seen.push('BYE'));
      }),
    );
    const toValue = await establish(transport);
    phone.send(
      request('INVITE', { transport, toValue, cseq: 2, headers: sdpHeaders, body: SDP.replace('- 1 1', '- 1 2') }),
    );
    expect(headerOf(await phone.next('SIP/2.0 200'), 'CSeq')).toBe('2 INVITE');
    phone.send(request('ACK', { transport, toValue, cseq: 2 }));
    phone.send(request('INFO', { transport, toValue, cseq: 3, headers: ['Content-Type: text/plain'], body: 'hello' }));
    await phone.next('SIP/2.0 200');
    phone.send(request('REFER', { transport, toValue, cseq: 4, headers: ['Refer-To: <sip:x@127.0.0.1>'] }));
    await phone.next('SIP/2.0 202');
    phone.send(request('OPTIONS', { transport, toValue, cseq: 5 }));
    await phone.next('SIP/2.0 200');
    phone.send(request('UPDATE', { transport, toValue, cseq: 6 }));
    await phone.next('SIP/2.0 200');
    phone.send(request('BYE', { transport, toValue, cseq: 7 }));
    await phone.next('SIP/2.0 200');
    await eventually('all events', () => seen.length === 6);
    expect(seen).toEqual(['INVITE', 'INFO hello', 'REFER', 'OPTIONS', 'UPDATE', 'BYE']);
  });

  test('is re-invited, asked and hung up on by the application', async () => {
    let dialog: WideDialog | undefined;
    await begin(transport, (srf) =>
      answerCalls(srf, (each) => {
        dialog = each;
      }),
    );
    await establish(transport);
    const established = await eventually('a dialog', () => dialog);
    const modified = established.modify(SDP);
    const invite = await phone.next('INVITE ');
    expect(headerOf(invite, 'Content-Type')).toBe('application/sdp');
    const contact = `Contact: <sip:raw@127.0.0.1:${phone.port}${transport === 'TCP' ? ';transport=tcp' : ''}>`;
    phone.send(rawResponse(invite, '200 OK', [...sdpHeaders, contact], SDP));
    await phone.next('ACK ');
    await modified;

    const asked = established.request({ method: 'INFO', body: 'x', headers: { 'Content-Type': 'text/plain' } });
    phone.send(rawResponse(await phone.next('INFO '), '200 OK'));
    expect((await asked).status).toBe(200);

    const destroyed = established.destroy();
    phone.send(rawResponse(await phone.next('BYE '), '200 OK'));
    await destroyed;
  });

  test('whose application has lost its connection is hung up on over the next one', async () => {
    let dialog: (WideDialog & { readonly id: string }) | undefined;
    await begin(transport, (srf) =>
      answerCalls(srf, (each) => {
        dialog = each as typeof dialog;
      }),
    );
    await establish(transport);
    const { id } = await eventually('a dialog', () => dialog);
    application?.close();
    application = await connectApplication(server);
    const bye = { uri: 'sip:placeholder', method: 'BYE', stackDialogId: id, headers: {} };
    const sent = application.srf as unknown as { request(options: typeof bye, done: (err: unknown) => void): void };
    const answered = new Promise((resolve) => sent.request(bye, resolve));
    phone.send(rawResponse(await phone.next('BYE '), '200 OK'));
    expect(await answered).toBeNull();
  });

  test('whose application dies gets 481 for BYE, and 503 for a new call', async () => {
    await begin(transport, (srf) => answerCalls(srf));
    const toValue = await establish(transport);
    application?.close();
    await eventually('503 for a new call', async () => {
      callId = `${callId}x`;
      phone.send(request('OPTIONS', { transport }));
      return (await phone.next('SIP/2.0')).startsWith('SIP/2.0 503');
    });
    callId = callId.replace(/x+$/, '');
    phone.send(request('BYE', { transport, toValue, cseq: 2 }));
    expect(headerOf(await phone.next('SIP/2.0 481'), 'CSeq')).toBe('2 BYE');
  });
});

test('a BYE whose reply was lost is answered again, and the application sees it once', async () => {
  let ended = 0;
  await begin('UDP', (srf) => answerCalls(srf, (dialog) => dialog.on('destroy', () => ended++)));
  const bye = request('BYE', { toValue: await establish(), cseq: 2 });
  phone.send(bye);
  const first = await phone.next('SIP/2.0 200');
  phone.send(bye);
  expect(await phone.next('SIP/2.0 200')).toBe(first);
  expect(ended).toBe(1);
});

describe('an application that calls', () => {
  test('may cancel: CANCEL goes out after a provisional response, and the call ends with 487', async () => {
    await begin('UDP');
    let sent: SrfRequest | undefined;
    const uri = `sip:raw@127.0.0.1:${phone.port}`;
    const failed = callAndSee(srfOf(application), uri, (req) => {
      sent = req;
    }).then(
      () => undefined,
      (error: { status?: number }) => error.status,
    );
    const invite = await phone.next('INVITE ');
    phone.send(rawResponse(invite, '180 Ringing'));
    await eventually('a request that was sent', () => sent);
    await new Promise<unknown>((resolve) => sent?.cancel(resolve));
    const cancel = await phone.next('CANCEL ');
    expect(headerOf(cancel, 'Via')).toBe(headerOf(invite, 'Via'));
    phone.send(rawResponse(cancel, '200 OK'));
    phone.send(rawResponse(invite, '487 Request Terminated'));
    expect(headerOf(await phone.next('ACK '), 'Via')).toBe(headerOf(invite, 'Via'));
    expect(await failed).toBe(487);
  });

  test('answers a challenge by itself, with the same Call-ID and a higher CSeq', async () => {
    await begin('UDP');
    const auth = { username: 'me', password: 'secret' };
    const calling = srfOf(application).createUAC(`sip:raw@127.0.0.1:${phone.port}`, { localSdp: SDP, auth });
    const first = await phone.next('INVITE ');
    const challenge = 'WWW-Authenticate: Digest realm="test", nonce="abc", algorithm=MD5';
    phone.send(rawResponse(first, '401 Unauthorized', [challenge]));
    await phone.next('ACK ');
    const second = await phone.next('INVITE ');
    expect(headerOf(second, 'Authorization')).toMatch(/^Digest username="me"/);
    expect(headerOf(second, 'Call-ID')).toBe(headerOf(first, 'Call-ID'));
    expect(Number.parseInt(headerOf(second, 'CSeq'), 10)).toBe(Number.parseInt(headerOf(first, 'CSeq'), 10) + 1);
    const contact = `Contact: <sip:raw@127.0.0.1:${phone.port}>`;
    phone.send(rawResponse(second, '200 OK', [...sdpHeaders, contact], SDP));
    await phone.next('ACK ');
    const dialog = await calling;
    const destroyed = dialog && wide(dialog).destroy();
    phone.send(rawResponse(await phone.next('BYE '), '200 OK'));
    await destroyed;
  });

  test('a phone that hangs up is told apart by its dialog', async () => {
    await begin('TCP');
    await phone.close();
    phone = await createTcpPhone(0);
    const calling = srfOf(application).createUAC(`sip:raw@127.0.0.1:${phone.port};transport=tcp`, { localSdp: SDP });
    const invite = await phone.next('INVITE ');
    const contact = `Contact: <sip:raw@127.0.0.1:${phone.port};transport=tcp>`;
    phone.send(rawResponse(invite, '200 OK', [...sdpHeaders, contact], SDP));
    await phone.next('ACK ');
    const dialog = await calling;
    const ended = new Promise((resolve) => dialog?.on('destroy', resolve));
    const parts = { transport: 'TCP', to: server.sipPort, from: phone.port, cseq: 1 } as const;
    const bye = rawRequest('BYE', { ...parts, callId: headerOf(invite, 'Call-ID'), toValue: headerOf(invite, 'From') });
    phone.send(bye.replace(/^From:.*$/m, `From: ${headerOf(invite, 'To')};tag=raw`));
    await phone.next('SIP/2.0 200');
    await ended;
  });

  test('is told 503 where nobody listens on a TCP port', async () => {
    await begin('TCP');
    const nowhere = await createTcpPhone(0);
    await nowhere.close();
    const uri = `sip:raw@127.0.0.1:${nowhere.port};transport=tcp`;
    await expect(srfOf(application).createUAC(uri, { localSdp: SDP })).rejects.toMatchObject({ status: 503 });
  });
});
