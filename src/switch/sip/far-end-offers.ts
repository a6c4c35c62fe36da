import type { SrfRequest, SrfResponse } from 'drachtio-srf';
import type { Logger } from 'pino';
import { asSipreelError } from '../../errors/error.ts';
import type { OwnSdp } from '../../sdp/origin.ts';
import { ourExtensions } from './extensions.ts';
import { type OpenOffer, refusalOfOffer } from './glare.ts';
import { headersOf, sdpOf } from './message.ts';
import type { SessionRefresh } from './session-refresh.ts';
import { answerTimer } from './session-timer.ts';
import { within } from './within.ts';

/** A leg's media as offers and answers see it (RFC 3264). They reject with the error whose SIP status a request gets. */
export interface LegMedia {
  /** The far end's offer -> our answer. */
  answer(offer: string): Promise<string>;
  /** Our offer, where the far end asks for one. */
  offer(): Promise<string>;
  /** The far end's answer to our last offer. */
  accept(answer: string): Promise<void>;
}

/** What is negotiated in a dialog and what stands; both sides' offers look at it. */
export interface Negotiation {
  open: OpenOffer;
  /** Settles when the far end's last offer, or its wish for one, has found its end. */
  theirs: Promise<void>;
  /** The far end's SDP as it stands. */
  remoteSdp: string;
}

export interface FarEndOffersParts {
  readonly negotiation: Negotiation;
  readonly media: LegMedia;
  readonly ownSdp: OwnSdp;
  readonly session: SessionRefresh;
  /** Our Contact within the dialog. */
  readonly contact: string;
  /** Sends a response; never throws. */
  readonly send: (response: SrfResponse, status: number, parts?: { body?: string; headers?: object }) => void;
  readonly signal: AbortSignal;
  readonly log: Logger;
}

interface Progress {
  /** The 200 is on its way. */
  readonly sent: () => void;
  /** To the far end it is over: what it sends from now on waits, but is not refused. */
  readonly closed: () => void;
}

/** How long the ACK to a 200 that held our offer may take: the server has given up by then. */
const ackWithinMs = 33_000;

/** Takes re-INVITEs and UPDATEs, one after the other. */
export const createFarEndOffers = (
  parts: FarEndOffersParts,
): ((request: SrfRequest, response: SrfResponse) => void) => {
  const { negotiation, media, ownSdp, session, send, log } = parts;

  /** What becomes of our offer with the ACK. */
  const accept = async (answer: string): Promise<void> => {
    if (parts.signal.aborted) return;
    try {
      await media.accept(answer);
      negotiation.remoteSdp = answer;
    } catch (err) {
      log.warn({ err }, 'the answer in an ACK is of no use: the session goes back to what it was');
      await media
        .answer(negotiation.remoteSdp)
        .catch((again: unknown) => log.error({ err: again }, 'and can not be mended'));
    }
  };

  /** Sends our offer; resolves with the answer in the ACK, empty where there is none. */
  const offer = async (response: SrfResponse, headers: object, { sent, closed }: Progress): Promise<string> => {
    const body = ownSdp.sending(await media.offer());
    const acknowledged = new Promise<string>((resolve) => {
      const whole = { body, headers: { ...ourExtensions, ...headers, 'Content-Type': 'application/sdp' } };
      // Not by the dialog's event, which comes later than a request right behind the ACK.
      (response as unknown as AcknowledgedResponse).send(200, whole, nothing, (ack) => {
        closed();
        resolve(sdpOf(ack) ?? '');
      });
    });
    sent();
    return within(ackWithinMs, acknowledged, 'no ACK').catch(() => '');
  };

  const answer = async (
    request: SrfRequest,
    response: SrfResponse,
    headers: object,
    progress: Progress,
  ): Promise<void> => {
    const sdp = sdpOf(request);
    if (sdp === undefined && request.method === 'INVITE') return accept(await offer(response, headers, progress));
    if (sdp === undefined) send(response, 200, { headers });
    else {
      const body = ownSdp.sending(await media.answer(sdp));
      negotiation.remoteSdp = sdp;
      send(response, 200, { body, headers: { ...headers, 'Content-Type': 'application/sdp' } });
    }
    progress.sent();
  };

  return (request, response) => {
    const refused = refusalOfOffer(negotiation.open, Math.random());
    const timer = answerTimer(headersOf(request), session.wishes(), session.now());
    if (refused) send(response, refused.status, refused);
    else if (timer.refused) send(response, 422, timer);
    else {
      negotiation.open = 'theirs';
      let isOpen = true;
      const closed = (): void => {
        if (isOpen) negotiation.open = 'none';
        isOpen = false;
      };
      const headers = { ...timer.headers, Contact: parts.contact };
      negotiation.theirs = negotiation.theirs
        .then(() => answer(request, response, headers, { sent: () => session.use(timer.timer), closed }))
        .catch((thrown: unknown) => {
          const error = asSipreelError(thrown);
          log.warn({ err: error, method: request.method }, 'an offer is refused: the session stays as it was');
          send(response, error.kind.sip);
        })
        .finally(closed);
    }
  };
};

/** The types of drachtio-srf do not know the listener for the ACK. */
interface AcknowledgedResponse {
  send(status: number, parts: object, sent: () => void, onAck: (ack: SrfRequest) => void): void;
}
const nothing = (): void => undefined;
