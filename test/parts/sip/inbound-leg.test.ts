import type { Socket } from 'node:net';
import type { SrfRequest, SrfResponse } from 'drachtio-srf';
import { pino } from 'pino';
import { afterEach, expect, test } from 'vitest';
import { createInboundLeg } from '../../../src/switch/sip/inbound-leg.ts';
import { deferred } from '../../kit/deferred.ts';
import { createUdpPhone, headerOf, rawRequest, rawResponse } from '../edge/raw-phone.ts';
import { startSipServer } from '../edge/server.ts';
import { connectApplication, SDP } from '../edge/srf-application.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const noOffer = async (): Promise<never> => {
  throw new Error('nobody offers anything');
};

/** What an application gets of an INVITE from a phone that says what a test wants. */
const invite = async (change: (text: string) => string, confirmedWithinMs?: number) => {
  const server = await startSipServer();
  const invited = deferred<[SrfRequest, SrfResponse]>();
  const application = await connectApplication(server, (srf) => srf.invite((...both) => invited.resolve(both)));
  const phone = await createUdpPhone(server.sipPort);
  closers.push(phone.close, async () => application.close(), server.close);
  const parts = { to: server.sipPort, from: phone.port, callId: `inbound-${process.pid}` };
  phone.send(change(rawRequest('INVITE', { ...parts, headers: ['Content-Type: application/sdp'], body: SDP })));
  const [request, response] = await invited.promise;
  const leg = createInboundLeg(application.srf, request, response, {
    onEnd: () => undefined,
    media: { answer: noOffer, offer: noOffer, accept: noOffer },
    onInfo: async () => ({ status: 200 }),
    sessionTimer: { expiresS: 0, minS: 90 },
    ...(confirmedWithinMs === undefined ? {} : { confirmedWithinMs }),
    log: pino({ level: 'silent' }),
  });
  const { socket } = request as unknown as { readonly socket: Socket };
  return { phone, parts, leg, socket };
};

test('a call whose 200 was confirmed too late, as this process stood still, is ended with BYE', async () => {
  const { phone, parts, leg, socket } = await invite((text) => text, 100);
  socket.pause();
  await expect(leg.accept(SDP)).rejects.toMatchObject({ code: 'drachtio_refused' });
  leg.reject(500);
  const toValue = headerOf(await phone.next('SIP/2.0 200'), 'To');
  phone.send(rawRequest('ACK', { ...parts, toValue }));
  socket.resume();
  phone.send(rawResponse(await phone.next('BYE', 3000), '200 OK'));
});

test.each([
  ['none', (text: string) => text.replace(/Contact: .*\r\n/, ''), 'no Contact header'],
  ['*', (text: string) => text.replace(/Contact: .*/, 'Contact: *'), 'the Contact "*"'],
])('a caller whose Contact is %s could not be hung up on, and is not answered', async (_what, change, says) => {
  const { phone, leg } = await invite(change);
  await expect(leg.accept(SDP)).rejects.toMatchObject({ code: 'sip_invalid', message: expect.stringContaining(says) });
  leg.reject(400);
  await phone.next('SIP/2.0 400');
});
