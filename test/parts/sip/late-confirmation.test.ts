import type { Socket } from 'node:net';
import type { SrfRequest, SrfResponse } from 'drachtio-srf';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { createInboundLeg } from '../../../src/switch/sip/inbound-leg.ts';
import { deferred } from '../../kit/deferred.ts';
import { createUdpPhone, headerOf, rawRequest, rawResponse } from '../edge/raw-phone.ts';
import { startSipServer } from '../edge/server.ts';
import { connectApplication, SDP } from '../edge/srf-application.ts';

const noOffer = async (): Promise<never> => {
  throw new Error('nobody offers anything');
};

test('a call whose 200 was confirmed too late, as this process stood still, is ended with BYE', async () => {
  const server = await startSipServer();
  const invited = deferred<[SrfRequest, SrfResponse]>();
  const application = await connectApplication(server, (srf) => srf.invite((...both) => invited.resolve(both)));
  const phone = await createUdpPhone(server.sipPort);
  try {
    const parts = { to: server.sipPort, from: phone.port, callId: `late-${process.pid}` };
    phone.send(rawRequest('INVITE', { ...parts, headers: ['Content-Type: application/sdp'], body: SDP }));
    const [request, response] = await invited.promise;
    const leg = createInboundLeg(application.srf, request, response, {
      onEnd: () => undefined,
      media: { answer: noOffer, offer: noOffer, accept: noOffer },
      onInfo: async () => ({ status: 200 }),
      sessionTimer: { expiresS: 0, minS: 90 },
      confirmedWithinMs: 100,
      log: pino({ level: 'silent' }),
    });
    const control = (request as unknown as { readonly socket: Socket }).socket.pause();
    await expect(leg.accept(SDP)).rejects.toMatchObject({ code: 'drachtio_refused' });
    leg.reject(500);
    const toValue = headerOf(await phone.next('SIP/2.0 200'), 'To');
    phone.send(rawRequest('ACK', { ...parts, toValue }));
    control.resume();
    phone.send(rawResponse(await phone.next('BYE', 3000), '200 OK'));
  } finally {
    await phone.close();
    application.close();
    await server.close();
  }
});
