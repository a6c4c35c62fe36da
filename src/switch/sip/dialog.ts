import { setTimeout as sleep } from 'node:timers/promises';
import type Srf from 'drachtio-srf';
import type { Dialog, SrfRequest, SrfResponse } from 'drachtio-srf';
import type { Logger } from 'pino';
import { asSipreelError } from '../../errors/error.ts';
import type { OwnSdp } from '../../sdp/origin.ts';
import { createTurns } from '../in-turn.ts';
import { allowedMethods, ourExtensions } from './extensions.ts';
import { glareWaitMs, type OpenOffer, refusalOfOffer } from './glare.ts';
import { hangUp } from './hang-up.ts';
import { type DialogRequest, type FinalResponse, sendInDialog } from './in-dialog.ts';
import { headersOf, sdpOf } from './message.ts';
import { createSessionRefresh } from './session-refresh.ts';
import { answerTimer, type SessionTimer, type TimerWishes } from './session-timer.ts';
import { within } from './within.ts';

/** An INFO as it is passed on (RFC 6086): a digit, or whatever two applications tell each other. */
export interface Info {
  readonly type: string;
  readonly body: string;
}

/** The status of the answer to an INFO, and headers that say more. */
export interface InfoAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A leg's media as offers and answers see it (RFC 3264). They reject with the error whose SIP status a request gets. */
export interface LegMedia {
  /** The far end's offer -> our answer. */
  answer(offer: string): Promise<string>;
  /** Our offer, where the far end asks for one. */
  offer(): Promise<string>;
  /** The far end's answer to our last offer. */
  accept(answer: string): Promise<void>;
}

/** How a dialog ended without our doing; the last two are ours to end with BYE. */
export type DialogEnd = 'bye' | 'no_ack' | 'expired' | 'gone';

export interface DialogOptions {
  readonly srf: Srf;
  readonly dialog: Dialog;
  /** True for a call of ours: the Call-ID is ours too. */
  readonly ownsCallId: boolean;
  readonly media: LegMedia;
  readonly ownSdp: OwnSdp;
  /** The far end's SDP as it stands. */
  readonly remoteSdp: string;
  readonly wishes: TimerWishes;
  readonly timer: SessionTimer | undefined;
  /** The far end's Allow header. */
  readonly allow: string;
  readonly onInfo: (info: Info) => Promise<InfoAnswer>;
  /** Told once, and never after bye(). */
  readonly onEnd: (how: DialogEnd) => void;
  readonly log: Logger;
}

/** A call that stands. */
export interface OpenDialog {
  /** Sends an INFO; resolves with the status of its answer, 408 if there is none in time. */
  info(info: Info): Promise<number>;
  /**
   * Offers our SDP anew by re-INVITE; after a 491 once more when its time has come. Resolves with the final response.
   */
  reinvite(sdp: string): Promise<FinalResponse>;
  /** Sends BYE. Resolves when it was answered or given up; never rejects. */
  bye(headers?: Readonly<Record<string, string>>): Promise<void>;
}

const infoAnsweredWithinMs = 5000;
/** How long the ACK to a 200 that held our offer may take: the server has given up by then. */
const ackWithinMs = 33_000;
/** More 491s than that are no accident. */
const mostTries = 5;

/** Takes charge of a dialog; to be called before the callback that gave it returns, as requests may come with it. */
export const openDialog = (options: DialogOptions): OpenDialog => {
  const { srf, dialog, media, ownSdp, log } = options;
  const over = new AbortController();
  const inTurn = createTurns();
  let remoteSdp = options.remoteSdp;
  let open: OpenOffer = 'none';
  /** Settles when the far end's offer, or its wish for one, has found its end. */
  let theirs: Promise<void> = Promise.resolve();
  let acknowledged: (sdp: string) => void = () => undefined;

  const end = (how: DialogEnd): void => {
    if (over.signal.aborted) return;
    over.abort(new Error('the dialog is over'));
    session.stop();
    options.onEnd(how);
  };

  const send = (response: SrfResponse, status: number, parts: { body?: string; headers?: object } = {}): void => {
    try {
      const headers = { ...(status < 300 ? ourExtensions : {}), ...parts.headers };
      response.send(status, { ...parts, headers });
    } catch (err) {
      log.warn({ err, status }, 'a response could not be sent: the server times the request out');
    }
  };

  const ask = (request: DialogRequest): Promise<FinalResponse> => sendInDialog(srf, dialog, request, over.signal);

  const reinvite = (sdp: string, headers: Record<string, string> = {}): Promise<FinalResponse> =>
    inTurn(async () => {
      for (let tries = 1; ; tries++) {
        await theirs;
        if (over.signal.aborted) return { status: 481, headers: {}, body: '' };
        open = 'ours';
        const response = await ask({
          method: 'INVITE',
          headers: { ...ourExtensions, Contact: contactOf(dialog), 'Content-Type': 'application/sdp', ...headers },
          body: ownSdp.sending(sdp),
        });
        open = 'none';
        if (response.status !== 491 || tries >= mostTries) return response;
        // Cut short at the end of the dialog, which the next round sees.
        await sleep(glareWaitMs(options.ownsCallId, Math.random()), undefined, { signal: over.signal }).catch(
          () => undefined,
        );
      }
    });

  /** What the far end's SDP says counts, though it was no offer: ours stays as it is. */
  const takeAnswer = async (sdp: string): Promise<void> => {
    if (sdp === '' || sameBut(sdp, remoteSdp)) return;
    await media.answer(sdp).then(
      () => {
        remoteSdp = sdp;
      },
      (err: unknown) => log.warn({ err }, 'the answer to a refresh is of no use: the session stays as it was'),
    );
  };

  const session = createSessionRefresh({
    wishes: options.wishes,
    takesUpdate: /(^|[\s,])UPDATE([\s,]|$)/i.test(options.allow),
    async send(method, headers) {
      if (method === 'UPDATE') {
        return ask({ method, headers: { ...ourExtensions, Contact: contactOf(dialog), ...headers } });
      }
      const response = await reinvite(ownSdp.last() ?? '', headers);
      if (response.status >= 200 && response.status < 300) await takeAnswer(response.body);
      return response;
    },
    onEnd: end,
    log,
  });

  /** Our offer for a request without one, and what becomes of it with the ACK. */
  const offer = async (response: SrfResponse, headers: object): Promise<void> => {
    const answered = new Promise<string>((resolve) => {
      acknowledged = resolve;
    });
    const body = ownSdp.sending(await media.offer());
    send(response, 200, { body, headers: { ...headers, 'Content-Type': 'application/sdp' } });
    const sdp = await within(ackWithinMs, answered, 'no ACK').catch(() => '');
    if (over.signal.aborted) return;
    try {
      await media.accept(sdp);
      remoteSdp = sdp;
    } catch (err) {
      log.warn({ err }, 'the answer in an ACK is of no use: the session goes back to what it was');
      await media.answer(remoteSdp).catch((again: unknown) => log.error({ err: again }, 'and can not be mended'));
    }
  };

  /** An offer, or the wish for one, in a re-INVITE or UPDATE. */
  const take = async (request: SrfRequest, response: SrfResponse): Promise<void> => {
    const refused = refusalOfOffer(open, Math.random());
    if (refused) return send(response, refused.status, refused);
    const timer = answerTimer(headersOf(request), session.wishes(), session.now());
    if (timer.refused) return send(response, 422, timer);
    const headers = { ...timer.headers, Contact: contactOf(dialog) };
    open = 'theirs';
    theirs = (async () => {
      const sdp = sdpOf(request);
      if (sdp === undefined && request.method === 'INVITE') await offer(response, headers);
      else if (sdp === undefined) send(response, 200, { headers });
      else {
        const body = ownSdp.sending(await media.answer(sdp));
        remoteSdp = sdp;
        send(response, 200, { body, headers: { ...headers, 'Content-Type': 'application/sdp' } });
      }
      session.use(timer.timer);
    })()
      .catch((thrown: unknown) => {
        const error = asSipreelError(thrown);
        log.warn({ err: error, method: request.method }, 'an offer is refused: the session stays as it was');
        send(response, error.kind.sip);
      })
      .finally(() => {
        open = 'none';
      });
    await theirs;
  };

  dialog.on('destroy', (bye) => {
    if (bye.source !== 'application') return end('bye');
    // A BYE of the server's own.
    end(/session timer/i.test(bye.has('Reason') ? bye.get('Reason') : '') ? 'expired' : 'no_ack');
  });
  dialog.on('modify', (request, response) => void take(request, response));
  dialog.on('update', (request, response) => void take(request, response));
  dialog.on('ack', (ack) => acknowledged(sdpOf(ack) ?? ''));
  dialog.on('info', (info: SrfRequest, response) => {
    const type = info.has('Content-Type') ? info.get('Content-Type') : '';
    options.onInfo({ type, body: info.body ?? '' }).then(
      ({ status, headers = {} }) => send(response, status, { headers: { ...headers } }),
      (err: unknown) => {
        log.warn({ err }, 'INFO could not be passed on');
        send(response, 500);
      },
    );
  });
  // Transfers are the script's business.
  dialog.on('refer', (_refer, response) => send(response, 603));
  dialog.on('options', (_options, response) => send(response, 200));
  for (const event of ['message', 'notify'] as const) {
    dialog.on(event as 'message', (_request, response) => send(response, 405, { headers: { Allow: allowedMethods } }));
  }
  session.use(options.timer);

  return {
    reinvite,
    async info({ type, body }) {
      const headers = body === '' ? {} : { 'Content-Type': type };
      const answered = ask({ method: 'INFO', headers, body });
      const { status } = await within(infoAnsweredWithinMs, answered, '').catch(() => ({ status: 408 }));
      return status === 0 ? 408 : status;
    },
    async bye(headers = {}) {
      over.abort(new Error('the dialog is over'));
      session.stop();
      await hangUp(srf, dialog, headers, log);
    },
  };
};

/** Where we are reached within the dialog, as its first messages said. */
const contactOf = (dialog: Dialog): string => (dialog as unknown as { local: { contact: string } }).local.contact;

/** True where two SDPs say the same but for their origin. */
const sameBut = (one: string, other: string): boolean =>
  one.replace(/^o=.*$/m, '').trim() === other.replace(/^o=.*$/m, '').trim();
