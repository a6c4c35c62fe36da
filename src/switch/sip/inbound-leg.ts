import type Srf from 'drachtio-srf';
import type { Dialog, SrfRequest, SrfResponse } from 'drachtio-srf';
import type { Logger } from 'pino';
import { SipreelError } from '../../errors/error.ts';
import type { ReferPlan, ReferResult } from '../swml/call-port.ts';
import { hangUp, type Info, type InfoAnswer, listenToDialog, sendInfo, sendRefer, within } from './dialog.ts';
import { type InviteFacts, inviteFacts } from './message.ts';
import { createReferrer } from './refer.ts';

export type LegEnd = 'cancel' | 'bye' | 'no_ack';

/** One inbound call as SIP sees it: a transaction that becomes a dialog. */
export interface InboundLeg {
  readonly facts: InviteFacts;
  /** Sends a final response of 300 or more; ignored once a final response was sent. */
  reject(status: number, options?: { readonly headers?: Readonly<Record<string, string>> }): void;
  /** Sends a 183 with this SDP: early media. */
  progress(sdp: string): void;
  /**
   * Sends the 200 with this SDP. Resolves when it is sent; rejects with drachtio_refused, or if the call was cancelled.
   */
  accept(sdp: string): Promise<void>;
  /** The SDP of the ACK to a 200 that held the offer (RFC 3261 §13.2.1); undefined if it had none. */
  readonly acknowledged: Promise<string | undefined>;
  /** Sends BYE. Resolves when it was answered or given up; never rejects. */
  bye(headers?: Readonly<Record<string, string>>): Promise<void>;
  /** Sends an INFO; resolves with the status of its answer, 481 where there is no dialog. */
  info(info: Info): Promise<number>;
  /** Asks the far end to call somebody else; resolves when it has said what became of it. Rejects only with the signal. */
  refer(plan: ReferPlan, signal: AbortSignal): Promise<ReferResult>;
}

export interface InboundLegHandlers {
  /** The far end ended it: once, and never after reject or bye. */
  readonly onEnd: (how: LegEnd) => void;
  /** A re-INVITE with an offer: resolves with the answer, or rejects with the error whose SIP status it gets. */
  readonly onReinvite: (sdp: string) => Promise<string>;
  /** An INFO: resolves with our answer. */
  readonly onInfo: (info: Info) => Promise<InfoAnswer>;
  readonly log: Logger;
}

/** Wraps drachtio-srf's request, response and dialog of an INVITE in one leg. */
export const createInboundLeg = (
  srf: Srf,
  request: SrfRequest,
  response: SrfResponse,
  handlers: InboundLegHandlers,
): InboundLeg => {
  const { log } = handlers;
  let dialog: Dialog | undefined;
  let finished = false; // A final response of 300 or more was sent, or the leg is over.
  let acknowledge: (sdp: string | undefined) => void = () => undefined;
  const acknowledged = new Promise<string | undefined>((resolve) => {
    acknowledge = resolve;
  });

  const referrer = createReferrer(async (headers, auth) =>
    dialog && !finished ? sendRefer(dialog)(headers, auth) : 481,
  );

  const endedByFarEnd = (how: LegEnd): void => {
    if (finished) return;
    finished = true;
    acknowledge(undefined);
    handlers.onEnd(how);
  };
  // The server answers the CANCEL and the INVITE by itself; we are only told.
  request.on('cancel', () => endedByFarEnd('cancel'));

  const reject: InboundLeg['reject'] = (status, options = {}) => {
    if (finished || dialog) return;
    finished = true;
    acknowledge(undefined);
    try {
      response.send(status, { headers: { ...options.headers } });
    } catch (err) {
      log.error({ err, status }, 'the response could not be sent: the server will time the INVITE out');
    }
  };

  const progress: InboundLeg['progress'] = (sdp) => {
    if (finished || dialog) return;
    response.send(183, { body: sdp, headers: { 'Content-Type': 'application/sdp' } });
  };

  const listen = (made: Dialog): void => {
    dialog = made;
    made.on('ack', (ack) => acknowledge(ack.body || undefined));
    listenToDialog(made, {
      log,
      onBye: (source) => {
        dialog = undefined; // There is nothing left to end.
        endedByFarEnd(source === 'application' ? 'no_ack' : 'bye');
      },
      onReinvite: handlers.onReinvite,
      onInfo: handlers.onInfo,
      onNotify: referrer.notify,
    });
  };

  const accept: InboundLeg['accept'] = async (sdp) => {
    if (finished) throw new SipreelError('drachtio_refused', 'the call was over before it was answered');
    // drachtio-srf goes on after it has missed the header, and fails later with an assertion.
    if (!request.has('Contact')) {
      throw new SipreelError(
        'sip_invalid',
        'the INVITE has no Contact header, so no dialog can be made (RFC 3261 §8.1.1.8)',
      );
    }
    const sending = new Promise<void>((resolve, reject) => {
      const options = { localSdp: sdp, headers: { 'Content-Type': 'application/sdp' } };
      // The callback, not the promise: what arrives with the confirmation, an early BYE, must find its listener.
      srf.createUAS(request, response, options, (err: unknown, made) => {
        if (err) return reject(err);
        listen(made);
        resolve();
      });
    });
    // The server confirms what it sends; one that has gone away never will.
    await within(confirmedWithinMs, sending, 'the drachtio-server did not confirm it').catch((cause: unknown) => {
      throw new SipreelError('drachtio_refused', `the 200 could not be sent: ${errorText(cause)}`, { cause });
    });
    if (finished) {
      // Cancelled while the 200 was on its way: it has been answered, so it is ended with BYE (RFC 3261 §15).
      void bye();
      throw new SipreelError('drachtio_refused', 'the call was cancelled while it was being answered');
    }
  };

  const bye: InboundLeg['bye'] = async (headers = {}) => {
    const leaving = dialog;
    // Without a dialog it still wants its final response.
    if (!leaving) return;
    finished = true;
    acknowledge(undefined);
    await hangUp(leaving, headers, log);
  };

  const info: InboundLeg['info'] = async (content) => (dialog && !finished ? sendInfo(dialog, content) : 481);

  return { facts: inviteFacts(request), reject, progress, accept, acknowledged, bye, info, refer: referrer.refer };
};

/** How long a drachtio-server may take to say that it has sent a response. */
const confirmedWithinMs = 5000;

const errorText = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
