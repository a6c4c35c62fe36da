import Srf, { type Dialog, type SrfRequest, type SrfResponse } from 'drachtio-srf';
import { pino } from 'pino';
import { type EmbeddedParts, startEmbedded } from '../../../src/embedded/embedded.ts';
import { createRtpengine } from '../../../src/rtpengine/rtpengine.ts';
import { parseAudio } from '../../../src/sdp/audio.ts';
import { createPhone, type Phone } from '../../kit/phone.ts';

/** The smallest application that the test tools can be tried on: real outside parts, and a phone as the far end of media. */
export interface SampleApp {
  readonly parts: EmbeddedParts;
  /** The rtpengine's peer of each call: what the caller hears, and what hears the caller. */
  readonly farEnd: Phone;
  /** What went wrong in it. */
  readonly errors: unknown[];
  /** INFO bodies and re-INVITE offers that came in. */
  readonly seen: string[];
  close(): Promise<void>;
}

export const farEndHz = 1250;

/**
 * By the called number: 4xx and 5xx are refused with that status; `ring` rings until it is cancelled; `bye` is answered
 * and ended by the server; `bridge-<host>-<port>` is passed on to a callee; anything else is answered.
 */
export const startSampleApp = async (dataDir: string): Promise<SampleApp> => {
  const log = pino({ level: 'silent' });
  const parts = await startEmbedded({ dataDir, sip: { host: '127.0.0.1', port: 0 }, log });
  const rtpengine = createRtpengine({ address: parts.rtpengine, log });
  const farEnd = await createPhone({ hz: farEndHz });
  const errors: unknown[] = [];
  const seen: string[] = [];
  const srf = new Srf();
  srf.on('error', (error) => errors.push(error));

  const offer = async (callId: string, sdp: string): Promise<string> => {
    const replace = ['origin', 'session-connection'];
    const common = { 'call-id': callId, 'from-tag': 'party', flags: ['port latching'], replace };
    const offered = await rtpengine.command('offer', { ...common, sdp });
    const media = parseAudio(offered.sdp ?? '');
    farEnd.startSending(media.address, media.port);
    // A stream that is offered as sendonly is answered as recvonly (RFC 3264 section 6.1).
    const answerSdp = farEnd.sdp(parseAudio(sdp).direction === 'sendonly' ? 'recvonly' : 'sendrecv');
    const reply = await rtpengine.command('answer', { ...common, 'to-tag': 'peer', sdp: answerSdp });
    return reply.sdp ?? '';
  };

  /** An INVITE without SDP: the far end's SDP is the offer, and the ACK brings the party's. */
  const lateOffer = async (callId: string): Promise<string> => {
    const replace = ['origin', 'session-connection'];
    return (
      (await rtpengine.command('offer', { 'call-id': callId, 'from-tag': 'peer', sdp: farEnd.sdp(), replace })).sdp ??
      ''
    );
  };

  const answer = async (request: SrfRequest, response: SrfResponse, number: string): Promise<void> => {
    const callId = request.get('Call-ID');
    const late = !request.body;
    const localSdp = late ? await lateOffer(callId) : await offer(callId, request.body);
    // By callback and not by promise: a re-INVITE or BYE that came with the confirmation of the 200 finds the listeners.
    srf.createUAS(request, response, { localSdp }, (error, dialog) => {
      if (error) errors.push(error);
      else listen(dialog, callId, late, number === 'bye');
    });
  };

  const listen = (dialog: Dialog, callId: string, late: boolean, hangsUp: boolean): void => {
    dialog.on('ack', (ack: SrfRequest) => {
      if (!late) return;
      const replace = ['origin', 'session-connection'];
      const parameters = { 'call-id': callId, 'from-tag': 'peer', 'to-tag': 'party', sdp: ack.body, replace };
      rtpengine.command('answer', parameters).catch((error: unknown) => errors.push(error));
    });
    dialog.on('modify', (reinvite: SrfRequest, reply: SrfResponse) => {
      seen.push(reinvite.body);
      offer(callId, reinvite.body).then(
        (sdp) => reply.send(200, { body: sdp }),
        (error: unknown) => errors.push(error),
      );
    });
    dialog.on('info', (info: SrfRequest, reply: SrfResponse) => {
      seen.push(info.body);
      reply.send(200);
    });
    const end = (): void => {
      rtpengine.command('delete', { 'call-id': callId }).catch((error: unknown) => errors.push(error));
    };
    dialog.on('destroy', end);
    if (hangsUp) {
      setTimeout(() => {
        void dialog.destroy();
        end();
      }, 300);
    }
  };

  const take = async (request: SrfRequest, response: SrfResponse): Promise<void> => {
    const number = /^sip:([^@]+)@/.exec(request.uri)?.[1] ?? '';
    const bridge = /^bridge-([\d.]+)-(\d+)$/.exec(number);
    if (/^[45]\d\d$/.test(number)) response.send(Number(number));
    else if (number === 'ring') response.send(180);
    else if (bridge) {
      const uri = `sip:callee@${bridge[1]}:${bridge[2]}`;
      const legs = await srf
        .createB2BUA(request, response, uri, { localSdpB: request.body })
        .catch((error: unknown) => {
          // Refused by the callee: the caller has been told the same.
          if (error instanceof Error && error.name === 'SipError') return undefined;
          throw error;
        });
      if (legs === undefined) return;
      const { uas, uac } = legs;
      uas.on('destroy', () => void uac.destroy());
      uac.on('destroy', () => void uas.destroy());
    } else await answer(request, response, number);
  };

  srf.invite((request, response) => {
    take(request, response).catch((error: unknown) => errors.push(error));
  });
  await new Promise<void>((resolve, reject) => {
    srf.on('connect', (error: Error | null) => (error ? reject(error) : resolve()));
    void srf.connect({ ...parts.drachtio.address, secret: parts.drachtio.secret });
  });

  return {
    parts,
    farEnd,
    errors,
    seen,
    async close() {
      srf.disconnect();
      rtpengine.close();
      await farEnd.close();
      await parts.close();
    },
  };
};
