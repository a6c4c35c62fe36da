import type Srf from 'drachtio-srf';
import type { Dialog, SrfRequest } from 'drachtio-srf';
import type { Logger } from 'pino';
import { isFromNetwork } from './ask.ts';
import type { DialTarget } from './dial-plan.ts';
import { hangUp, type Info, type InfoAnswer, listenToDialog, sendInfo, within } from './dialog.ts';
import { createClientAuth } from './digest/client-auth.ts';

/** What became of an INVITE of ours. */
export type DialOutcome =
  | {
      readonly answered: true;
      readonly sdp: string;
      /** The only codecs that were offered, where it was not all that the party has. */
      readonly codecs?: readonly string[];
    }
  | {
      readonly answered: false;
      /** Of the final response; 0 if the INVITE could not even be sent, 408 if the time was over. */
      readonly status: number;
      readonly reason: string;
      /** True where the call was never taken to anybody: 503, or a far end that is not there. Another way may do. */
      readonly elsewhere?: boolean;
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
  /** A 18x with SDP: the far end's own ringing. */
  readonly onEarlyMedia: (sdp: string) => void;
  /** The far end's BYE after its answer: once, and never after end(). */
  readonly onBye: () => void;
  readonly onReinvite: (sdp: string) => Promise<string>;
  readonly onInfo: (info: Info) => Promise<InfoAnswer>;
  readonly log: Logger;
}

/** How long the final response to a CANCEL is waited for: a server repeats it by itself for longer. */
const cancelledWithinMs = 5000;
/** What a request needs besides our own headers and the SDP. */
const usualHeaderBytes = 1500;

/** Sends an INVITE. */
export const dialOut = (options: OutboundLegOptions): OutboundLeg => {
  const { srf, target, sdp, log } = options;
  let request: SrfRequest | undefined;
  let dialog: Dialog | undefined;
  let early = ''; // The SDP of a 18x counts where the 200 has none.
  let over = false; // Nobody wants it any more, or the far end has hung up.
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
    if (!request) return; // As soon as it is there.
    try {
      request.cancel((err: unknown) => {
        if (err) log.debug({ err }, 'CANCEL came too late: the final response is on its way');
      });
    } catch (err) {
      log.warn({ err }, 'CANCEL could not be sent: an answer gets BYE');
    }
  };

  const endNow = async (): Promise<void> => {
    const wasOver = over;
    over = true;
    refuse(487, 'it was cancelled');
    if (dialog) return wasOver ? undefined : hangUp(dialog, {}, log);
    cancel();
    await within(cancelledWithinMs, transaction, 'no final response to the CANCEL').catch((err: unknown) =>
      log.warn({ err, uri: target.uri }, 'a leg that was cancelled does not end: an answer gets BYE'),
    );
  };

  const end = (): Promise<void> => {
    ending ??= endNow();
    return ending;
  };

  const answered = (made: Dialog): void => {
    clearTimeout(timer);
    dialog = made;
    listenToDialog(made, {
      log,
      onBye: () => {
        if (over) return;
        over = true;
        options.onBye();
      },
      onReinvite: options.onReinvite,
      onInfo: options.onInfo,
    });
    if (over) {
      // The answer and our CANCEL have crossed (RFC 3261 §9.1).
      void hangUp(made, {}, log).then(transactionOver);
      return;
    }
    transactionOver();
    settle({ answered: true, sdp: made.remote.sdp || early });
  };

  const timer = setTimeout(() => {
    refuse(408, `no answer within ${options.timeoutMs} ms`);
    void end();
  }, options.timeoutMs);

  const headers = {
    ...target.headers,
    From: target.from,
    'Max-Forwards': String(options.maxForwards),
    'Content-Type': 'application/sdp',
  };
  const bytes = Buffer.byteLength(target.uri + sdp + JSON.stringify(headers)) + usualHeaderBytes;
  const unsent = (status: number, reason: string): OutboundLeg => {
    transactionOver();
    refuse(status, reason);
    return { outcome, end, info: async () => 481 };
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
      if (over) cancel();
    },
    cbProvisional: (response: { readonly body?: string }) => {
      if (over || !response.body) return;
      early = response.body;
      options.onEarlyMedia(early);
    },
  };
  try {
    // The callback, not the promise: what arrives with the answer, an early BYE, must find its listener.
    srf.createUAC(
      target.uri,
      { headers, localSdp: sdp, ...(target.auth ? { auth: authOf(target.auth, log) } : {}) },
      progress,
      (err: unknown, made) => {
        if (!err) return answered(made);
        transactionOver();
        const { status, reason, elsewhere } = readFailure(err);
        refuse(status, reason, elsewhere);
      },
    );
  } catch (err) {
    transactionOver();
    refuse(0, err instanceof Error ? err.message : String(err));
  }

  return { outcome, end, info: async (info) => (dialog && !over ? sendInfo(dialog, info) : 481) };
};

/** drachtio-srf takes a function too, which its types leave out. */
const authOf = (login: NonNullable<DialTarget['auth']>, log: Logger): NonNullable<DialTarget['auth']> =>
  createClientAuth(login, (why) =>
    log.error({ why }, 'the far end asks for a password in a way that is not known'),
  ) as unknown as NonNullable<DialTarget['auth']>;

/** A SipError has the status of the response; anything else is the server's or the library's own. */
const readFailure = (err: unknown): { status: number; reason: string; elsewhere: boolean } => {
  const failure = (typeof err === 'object' ? err : undefined) as Partial<FinalFailure> | null | undefined;
  const status = Number(failure?.status ?? 0);
  if (status < 300) return { status: 0, reason: err instanceof Error ? err.message : String(err), elsewhere: false };
  const reason = failure?.reason ?? '';
  const madeUp = failure?.res !== undefined && !isFromNetwork(failure.res);
  if (!madeUp) return { status, reason, elsewhere: status === 503 };
  return { status, reason: `${reason} (nobody there: the drachtio-server's own words)`.trim(), elsewhere: true };
};

/** The SipError of drachtio-srf. */
interface FinalFailure {
  readonly status: number;
  readonly reason: string;
  readonly res: { readonly source_address?: string };
}
