import { randomInt } from 'node:crypto';
import type Srf from 'drachtio-srf';
import type { Dialog, SrfRequest, SrfResponse } from 'drachtio-srf';
import type { Logger } from 'pino';
import { SipreelError } from '../../errors/error.ts';
import { createOwnSdp } from '../../sdp/origin.ts';
import type { ReferPlan, ReferResult } from '../swml/call-port.ts';
import { type DialogEnd, type Info, type InfoAnswer, type OpenDialog, openDialog } from './dialog.ts';
import { answerEarlyUpdate, onEarlyUpdate } from './early-update.ts';
import { ourExtensions, requiresReliable } from './extensions.ts';
import type { LegMedia } from './far-end-offers.ts';
import { type InviteFacts, inviteFacts, sdpOf } from './message.ts';
import { createReferrer } from './refer.ts';
import { answerTimer, type TimerWishes } from './session-timer.ts';
import { within } from './within.ts';

export type LegEnd = 'cancel' | DialogEnd;

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
  /** It ended without our doing: once, and never after reject or bye. `expired` and `gone` still want their bye(). */
  readonly onEnd: (how: LegEnd) => void;
  /** For re-INVITE and UPDATE. */
  readonly media: LegMedia;
  /** An INFO: resolves with our answer. */
  readonly onInfo: (info: Info) => Promise<InfoAnswer>;
  readonly sessionTimer: TimerWishes;
  /** How long a drachtio-server may take to say that it has sent a response, ms. Default: 5,000. */
  readonly confirmedWithinMs?: number;
  readonly log: Logger;
}

/** Wraps drachtio-srf's request, response and dialog of an INVITE in one leg. */
export const createInboundLeg = (
  srf: Srf,
  request: SrfRequest,
  response: SrfResponse,
  handlers: InboundLegHandlers,
): InboundLeg => {
  const { media, confirmedWithinMs = 5_000, log } = handlers;
  const facts = inviteFacts(request);
  const ownSdp = createOwnSdp(randomInt(2 ** 47));
  let dialog: OpenDialog | undefined;
  let finished = false; // A final response of 300 or more was sent, or the leg is over.
  /** Resolves with the PRACK to a 183 that was sent reliably (RFC 3262). */
  let pracked: Promise<void> | undefined;
  let answerIsKnown = false;
  let acknowledge: (sdp: string | undefined) => void = () => undefined;
  const acknowledged = new Promise<string | undefined>((resolve) => {
    acknowledge = resolve;
  });

  const referrer = createReferrer(async (headers, auth) => (dialog && !finished ? dialog.refer(headers, auth) : 481));

  const ended = (how: LegEnd): void => {
    if (finished) return;
    finished = true;
    acknowledge(undefined);
    handlers.onEnd(how);
  };
  // The server answers the CANCEL and the INVITE by itself; we are only told.
  request.on('cancel', () => ended('cancel'));
  onEarlyUpdate(request, (update, toUpdate) => {
    void answerEarlyUpdate(update, toUpdate, {
      // Only a reliable answer allows for another offer (RFC 3311 §5.1).
      answer: answerIsKnown ? async (offer) => ownSdp.sending(await media.answer(offer)) : 500,
      log,
    });
  });

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
    const body = ownSdp.sending(sdp);
    const headers = { ...ourExtensions, 'Content-Type': 'application/sdp' };
    if (!requiresReliable(facts.headers)) return response.send(183, { body, headers });
    pracked = new Promise((resolve) => {
      const reliable = { body, headers: { ...headers, Require: '100rel' } };
      // Its types do not know the listener for a PRACK.
      (response.send as (status: number, parts: object, sent: () => void, onPrack: () => void) => void).call(
        response,
        183,
        reliable,
        () => undefined,
        () => {
          answerIsKnown = true;
          resolve();
        },
      );
    });
  };

  const open = (made: Dialog, timer: ReturnType<typeof timerOf>['timer']): void => {
    made.on('ack', (ack) => acknowledge(sdpOf(ack)));
    dialog = openDialog({
      srf,
      dialog: made,
      ownsCallId: false,
      media,
      ownSdp,
      remoteSdp: facts.sdp ?? '',
      wishes: handlers.sessionTimer,
      timer,
      allow: facts.headers.allow ?? '',
      onInfo: handlers.onInfo,
      onNotify: referrer.notify,
      onEnd: (how) => {
        if (how === 'bye' || how === 'no_ack') dialog = undefined; // There is nothing left to end.
        ended(how);
      },
      log,
    });
  };

  const timerOf = () => {
    const answer = answerTimer(facts.headers, handlers.sessionTimer);
    return answer.refused ? { timer: undefined, headers: {} } : answer;
  };

  const accept: InboundLeg['accept'] = async (sdp) => {
    if (finished) throw new SipreelError('drachtio_refused', 'the call was over before it was answered');
    // Without the header drachtio-srf fails later with an assertion; without a URI in it no BYE ever finds the caller.
    const contact = request.has('Contact') ? request.get('Contact') : undefined;
    if (contact === undefined || !/sips?:/i.test(contact)) {
      const given = contact === undefined ? 'no Contact header' : `the Contact ${JSON.stringify(contact.slice(0, 80))}`;
      throw new SipreelError(
        'sip_invalid',
        `the INVITE has ${given}, so no dialog can be made: a sip: URI is due (RFC 3261 §8.1.1.8)`,
      );
    }
    // A 200 must not overtake the PRACK to an answer (RFC 3262 §3); without one the server ends the call.
    if (pracked !== undefined) {
      // What is over is told to whoever waits for the ACK, too.
      const settled = Promise.race([pracked, acknowledged]);
      await within(prackedWithinMs, settled, 'the caller sent no PRACK').catch(refused);
      if (finished) throw new SipreelError('drachtio_refused', 'the call was over before it was answered');
    }
    const { timer, headers } = timerOf();
    let givenUp = false;
    const sending = new Promise<void>((resolve, reject) => {
      const options = {
        // What was answered reliably stands, and may have been changed by an UPDATE since (RFC 6337).
        localSdp: (answerIsKnown ? ownSdp.last() : undefined) ?? ownSdp.sending(sdp),
        headers: { ...ourExtensions, ...headers, 'Content-Type': 'application/sdp' },
      };
      // The callback, not the promise: what arrives with the confirmation, an early BYE, must find its listener.
      srf.createUAS(request, response, options, (err: unknown, made) => {
        if (err) return reject(err);
        open(made, timer);
        // Cancelled while the 200 was on its way, or confirmed too late: it has been answered, so it is ended with BYE (RFC 3261 §15).
        if (finished || givenUp) void bye();
        resolve();
      });
    });
    // The server confirms what it sends; one that has gone away never will.
    await within(confirmedWithinMs, sending, 'the drachtio-server did not confirm it').catch((cause: unknown) => {
      givenUp = true;
      refused(cause);
    });
    if (finished) {
      throw new SipreelError('drachtio_refused', 'the call was cancelled while it was being answered');
    }
  };

  const bye: InboundLeg['bye'] = async (headers = {}) => {
    const leaving = dialog;
    // Without a dialog it still wants its final response.
    if (!leaving) return;
    finished = true;
    acknowledge(undefined);
    await leaving.bye(headers);
  };

  const info: InboundLeg['info'] = async (content) => (dialog && !finished ? dialog.info(content) : 481);

  return { facts, reject, progress, accept, acknowledged, bye, info, refer: referrer.refer };
};

/** The server repeats a reliable response for 32 s. */
const prackedWithinMs = 33_000;

const refused = (cause: unknown): never => {
  const why = cause instanceof Error ? cause.message : String(cause);
  throw new SipreelError('drachtio_refused', `the 200 could not be sent: ${why}`, { cause });
};
