import { randomInt } from 'node:crypto';
import type Srf from 'drachtio-srf';
import type { Dialog, SrfRequest, SrfResponse } from 'drachtio-srf';
import type { Logger } from 'pino';
import { createOwnSdp } from '../../sdp/origin.ts';
import type { PeerMedia } from '../media/peer-offer.ts';
import { isFromNetwork } from './ask.ts';
import type { DialTarget } from './dial-plan.ts';
import { type DialogEnd, type Info, type InfoAnswer, type OpenDialog, openDialog } from './dialog.ts';
import { createClientAuth } from './digest/client-auth.ts';
import { answerEarlyUpdate, onEarlyUpdate } from './early-update.ts';
import { ourExtensions } from './extensions.ts';
import type { LegMedia } from './far-end-offers.ts';
import { cancelInvite } from './hang-up.ts';
import type { FinalResponse } from './in-dialog.ts';
import { headersOf, sdpOf } from './message.ts';
import { afterTooSmall, type Headers, requestTimer, type TimerWishes, timerOfAnswer } from './session-timer.ts';
import { within } from './within.ts';

/** What became of an INVITE of ours. */
export type DialOutcome =
  | {
      readonly answered: true;
      readonly sdp: string;
      /** What was offered, where it was not the usual. */
      readonly offered?: PeerMedia;
    }
  | {
      readonly answered: false;
      /** Of the final response; 0 if the INVITE could not even be sent, 408 if the time was over. */
      readonly status: number;
      readonly reason: string;
      /** True where the call was never taken to anybody: 503, or a far end that is not there. Another way may do. */
      readonly elsewhere?: boolean;
      /** True where somebody answered and did not confirm. */
      readonly unconfirmed?: boolean;
    };

/** One outbound call as SIP sees it: an INVITE that becomes a dialog, or does not. */
export interface OutboundLeg {
  /** Settles once; never rejects. */
  readonly outcome: Promise<DialOutcome>;
  /**
   * CANCEL while it rings, BYE once it was answered, also where the answer crosses the CANCEL. Idempotent; never rejects;
   * resolves when the far end has confirmed it or was given up.
   */
  end(): Promise<void>;
  info(info: Info): Promise<number>;
  /** Offers another SDP of ours to the far end once it has answered; resolves with the final response. */
  reinvite(sdp: string): Promise<FinalResponse>;
}

export interface OutboundLegOptions {
  readonly srf: Srf;
  readonly target: DialTarget;
  readonly sdp: string;
  /** How long it may ring, ms. */
  readonly timeoutMs: number;
  /** How many servers it may still pass; 0: it is not sent, as it goes round in circles. */
  readonly maxForwards: number;
  /** Messages over this many bytes are not sent: a drachtio-server hangs on them. */
  readonly maxMessageBytes: number;
  readonly sessionTimer: TimerWishes;
  /** A 18x: it rings; may come more than once. */
  readonly onRinging?: (() => void) | undefined;
  /** A 18x with SDP: the far end's own ringing. */
  readonly onEarlyMedia: (sdp: string) => void;
  /** It has ended after its answer and without our doing: once, and never after end(). */
  readonly onEnd: (how: DialogEnd) => void;
  /** For re-INVITE and UPDATE. */
  readonly media: LegMedia;
  readonly onInfo: (info: Info) => Promise<InfoAnswer>;
  readonly log: Logger;
}

/** How long the final response to a CANCEL is waited for: a server repeats it by itself for longer. */
const cancelledWithinMs = 5000;
/** What a request needs besides our own headers and the SDP. */
const usualHeaderBytes = 1500;
/** How often an INVITE is sent again with a longer Session-Expires: each server on the way may want another. */
const mostRaises = 3;

/** Sends an INVITE. */
export const dialOut = (options: OutboundLegOptions): OutboundLeg => {
  const { srf, target, log } = options;
  const wishes = { ...options.sessionTimer, expiresS: target.sessionExpiresS ?? options.sessionTimer.expiresS };
  const ownSdp = createOwnSdp(randomInt(2 ** 47));
  const sdp = ownSdp.sending(options.sdp);
  let request: SrfRequest | undefined;
  let dialog: OpenDialog | undefined;
  let early = ''; // The SDP of a 18x counts where the 200 has none.
  let over = false; // Nobody wants it any more, or the far end has left.
  let ending: Promise<void> | undefined;
  let settle: (outcome: DialOutcome) => void = () => undefined;
  const outcome = new Promise<DialOutcome>((resolve) => {
    settle = resolve;
  });
  let transactionOver: () => void = () => undefined;
  const transaction = new Promise<void>((resolve) => {
    transactionOver = resolve;
  });

  const refuse = (status: number, reason: string, elsewhere = false): void => {
    clearTimeout(timer);
    settle({ answered: false, status, reason, elsewhere });
  };

  const cancel = (): void => {
    // If it is not there yet: as soon as it is.
    if (request) void cancelInvite(srf, request, log);
  };

  const endNow = async (): Promise<void> => {
    over = true;
    refuse(487, 'it was cancelled');
    if (dialog) return dialog.bye();
    if (hasLeft) return;
    cancel();
    await within(cancelledWithinMs, transaction, 'no final response to the CANCEL').catch((err: unknown) =>
      log.warn({ err, uri: target.uri }, 'a leg that was cancelled does not end: an answer gets BYE'),
    );
  };
  let hasLeft = false; // There is nothing left to end.

  const end = (): Promise<void> => {
    ending ??= endNow();
    return ending;
  };

  const answered = (made: Dialog): void => {
    clearTimeout(timer);
    const { res: response } = made as unknown as { readonly res: SrfResponse };
    const remoteSdp = sdpOf(response) ?? early;
    dialog = openDialog({
      srf,
      dialog: made,
      ownsCallId: true,
      media: options.media,
      ownSdp,
      remoteSdp,
      wishes,
      timer: timerOfAnswer(headersOf(response)),
      allow: headersOf(response).allow ?? '',
      onInfo: options.onInfo,
      onEnd: (how) => {
        if (how === 'bye' || how === 'no_ack') {
          dialog = undefined;
          hasLeft = true;
        }
        if (over) return;
        over = true;
        options.onEnd(how);
      },
      log,
    });
    if (over) {
      // The answer and our CANCEL have crossed (RFC 3261 §9.1).
      void dialog.bye().then(transactionOver);
      return;
    }
    transactionOver();
    settle({ answered: true, sdp: remoteSdp });
  };

  const timer = setTimeout(() => {
    refuse(408, `no answer within ${options.timeoutMs} ms`);
    void end();
  }, options.timeoutMs);

  const headers = {
    ...target.headers,
    ...ourExtensions,
    From: target.from,
    'Max-Forwards': String(options.maxForwards),
    'Content-Type': 'application/sdp',
  };
  const bytes = Buffer.byteLength(target.uri + sdp + JSON.stringify(headers)) + usualHeaderBytes;
  const leg: OutboundLeg = {
    outcome,
    end,
    info: async (info) => (dialog && !over ? dialog.info(info) : 481),
    reinvite: async (offer) => (dialog && !over ? dialog.reinvite(offer) : { status: 481, headers: {}, body: '' }),
  };
  const unsent = (status: number, reason: string): OutboundLeg => {
    transactionOver();
    refuse(status, reason);
    return leg;
  };
  if (options.maxForwards <= 0) return unsent(483, 'Too Many Hops');
  if (bytes > options.maxMessageBytes) {
    return unsent(0, `the INVITE would have ${bytes} bytes; the limit is ${options.maxMessageBytes}`);
  }

  const progress = {
    // drachtio-srf gives (err, request), which its types do not know.
    cbRequest: (...[err, sent]: [unknown?, SrfRequest?]) => {
      if (err || !sent) return;
      request = sent;
      // It is about to attach a listener of its own, which would answer with our offer.
      setImmediate(() => takeEarlyUpdates(sent, log));
      if (over) cancel();
    },
    cbProvisional: (response: SrfResponse) => {
      if (over) return;
      if (response.status >= 180) options.onRinging?.();
      const provisional = sdpOf(response);
      if (provisional === undefined) return;
      early = provisional;
      options.onEarlyMedia(early);
    },
  };

  const invite = (asked: TimerWishes, raises: number): void => {
    try {
      // The callback, not the promise: what arrives with the answer, an early BYE, must find its listener.
      srf.createUAC(
        target.uri,
        {
          headers: { ...headers, ...requestTimer(asked) },
          localSdp: sdp,
          ...(target.auth ? { auth: authOf(target.auth, log) } : {}),
        },
        progress,
        (err: unknown, made) => {
          if (!err) return answered(made);
          const failure = readFailure(err);
          const longer = failure.status === 422 ? afterTooSmall(failure.headers, asked) : undefined;
          if (longer && !over && raises < mostRaises) return invite(longer, raises + 1);
          transactionOver();
          refuse(failure.status, failure.reason, failure.elsewhere);
        },
      );
    } catch (err) {
      transactionOver();
      refuse(0, err instanceof Error ? err.message : String(err));
    }
  };
  invite(wishes, 0);

  return leg;
};

/** The far end has no answer from us to its offer, as it has not answered ours (RFC 3311 §5.2). */
const takeEarlyUpdates = (invite: SrfRequest, log: Logger): void => {
  const wide = invite as unknown as {
    removeAllListeners(event: 'update'): void;
    once(event: 'authenticate', listener: (again: SrfRequest) => void): void;
  };
  wide.removeAllListeners('update');
  onEarlyUpdate(invite, (update, response) => void answerEarlyUpdate(update, response, { answer: 491, log }));
  // A challenge was answered: the INVITE that goes on is another.
  wide.once('authenticate', (again) => takeEarlyUpdates(again, log));
};

/** drachtio-srf takes a function too, which its types leave out. */
const authOf = (login: NonNullable<DialTarget['auth']>, log: Logger): NonNullable<DialTarget['auth']> =>
  createClientAuth(login, (why) =>
    log.error({ why }, 'the far end asks for a password in a way that is not known'),
  ) as unknown as NonNullable<DialTarget['auth']>;

/** A SipError has the status of the response; anything else is the server's or the library's own. */
const readFailure = (err: unknown): { status: number; reason: string; elsewhere: boolean; headers: Headers } => {
  const failure = (typeof err === 'object' ? err : undefined) as Partial<FinalFailure> | null | undefined;
  const status = Number(failure?.status ?? 0);
  const headers = failure?.res ? headersOf(failure.res) : {};
  if (status < 300) {
    return { status: 0, reason: err instanceof Error ? err.message : String(err), elsewhere: false, headers };
  }
  const reason = failure?.reason ?? '';
  const madeUp = failure?.res !== undefined && !isFromNetwork(failure.res);
  if (!madeUp) return { status, reason, elsewhere: status === 503, headers };
  const text = `${reason} (nobody there: the drachtio-server's own words)`.trim();
  return { status, reason: text, elsewhere: true, headers };
};

/** The SipError of drachtio-srf. */
interface FinalFailure {
  readonly status: number;
  readonly reason: string;
  readonly res: SrfResponse;
}
