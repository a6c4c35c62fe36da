import { setTimeout as sleep } from 'node:timers/promises';
import type Srf from 'drachtio-srf';
import type { Dialog, SrfRequest, SrfResponse } from 'drachtio-srf';
import type { Logger } from 'pino';
import type { OwnSdp } from '../../sdp/origin.ts';
import { createTurns } from '../in-turn.ts';
import { allowedMethods, ourExtensions } from './extensions.ts';
import { createFarEndOffers, type LegMedia, type Negotiation } from './far-end-offers.ts';
import { glareWaitMs } from './glare.ts';
import { hangUp } from './hang-up.ts';
import { type DialogRequest, type FinalResponse, sendInDialog } from './in-dialog.ts';
import { headersOf } from './message.ts';
import { type ReferNotice, readReferNotice, type SendRefer } from './refer.ts';
import { createSessionRefresh } from './session-refresh.ts';
import type { SessionTimer, TimerWishes } from './session-timer.ts';
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
  /** What became of a REFER of ours; false if nobody waits for it. */
  readonly onNotify?: (notice: ReferNotice) => boolean;
  /** Told once, and never after bye(). */
  readonly onEnd: (how: DialogEnd) => void;
  readonly log: Logger;
}

/** A call that stands. */
export interface OpenDialog {
  /** Sends an INFO; resolves with the status of its answer, 408 if there is none in time. */
  info(info: Info): Promise<number>;
  /** Offers an SDP of ours by re-INVITE; after a 491 once more when its time has come. Resolves with the final response. */
  reinvite(sdp: string): Promise<FinalResponse>;
  /** Sends a REFER (RFC 3515); a digest that the far end asks for is given. */
  readonly refer: SendRefer;
  /** Sends BYE. Resolves when it was answered or given up; never rejects. */
  bye(headers?: Readonly<Record<string, string>>): Promise<void>;
}

const infoAnsweredWithinMs = 5000;
/** More 491s than that are no accident. */
const mostTries = 5;

/** Takes charge of a dialog; to be called before the callback that gave it returns, as requests may come with it. */
export const openDialog = (options: DialogOptions): OpenDialog => {
  const { srf, dialog, media, ownSdp, log } = options;
  const over = new AbortController();
  const inTurn = createTurns();
  const negotiation: Negotiation = { open: 'none', theirs: Promise.resolve(), remoteSdp: options.remoteSdp };
  // Where we are reached within the dialog, as its first messages said; its types do not know it.
  const { contact } = (dialog as unknown as { readonly local: { readonly contact: string } }).local;

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
        await negotiation.theirs;
        if (over.signal.aborted) return { status: 481, headers: {}, body: '' };
        negotiation.open = 'ours';
        const response = await ask({
          method: 'INVITE',
          headers: { ...ourExtensions, Contact: contact, 'Content-Type': 'application/sdp', ...headers },
          body: ownSdp.sending(sdp),
        });
        negotiation.open = 'none';
        if (response.status !== 491 || tries >= mostTries) return response;
        log.debug({ tries }, 're-INVITEs have crossed: ours is sent again');
        const waited = sleep(glareWaitMs(options.ownsCallId, Math.random()), undefined, { signal: over.signal });
        // Cut short at the end of the dialog, which the next round sees.
        await waited.catch(() => undefined);
      }
    });

  /** What the answer to a refresh says counts, though our SDP is the one that stood. */
  const takeAnswer = async (sdp: string): Promise<void> => {
    if (sdp === '' || sameBut(sdp, negotiation.remoteSdp)) return;
    try {
      await media.answer(sdp);
      negotiation.remoteSdp = sdp;
    } catch (err) {
      log.warn({ err }, 'the answer to a refresh is of no use: the session stays as it was');
    }
  };

  const session = createSessionRefresh({
    wishes: options.wishes,
    takesUpdate: /(^|[\s,])UPDATE([\s,]|$)/i.test(options.allow),
    async send(method, headers) {
      if (method === 'UPDATE') return ask({ method, headers: { ...ourExtensions, Contact: contact, ...headers } });
      const response = await reinvite(ownSdp.last() ?? '', headers);
      if (response.status >= 200 && response.status < 300) await takeAnswer(response.body);
      return response;
    },
    onEnd: end,
    log,
  });
  const takeOffer = createFarEndOffers({
    negotiation,
    media,
    ownSdp,
    session,
    contact,
    send,
    signal: over.signal,
    log,
  });

  dialog.on('modify', takeOffer);
  dialog.on('update', takeOffer);
  dialog.on('destroy', (bye) => {
    if (bye.source !== 'application') return end('bye');
    // A BYE of the server's own.
    end(/session timer/i.test(bye.has('Reason') ? bye.get('Reason') : '') ? 'expired' : 'no_ack');
  });
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
  dialog.on('message', (_message, response) => send(response, 405, { headers: { Allow: allowedMethods } }));
  dialog.on('notify', (notify: SrfRequest, response) => {
    const headers = headersOf(notify);
    const notice = readReferNotice(headers.event ?? '', headers['subscription-state'] ?? '', notify.body ?? '');
    // 489 is for events that nobody has subscribed to (RFC 6665 §4.1.3); late news of a REFER does no harm.
    if (notice) options.onNotify?.(notice);
    send(response, notice ? 200 : 489);
  });
  session.use(options.timer);

  return {
    reinvite,
    async info({ type, body }) {
      const headers = body === '' ? {} : { 'Content-Type': type };
      const answered = ask({ method: 'INFO', headers, body });
      const { status } = await within(infoAnsweredWithinMs, answered, '').catch(() => ({ status: 408 }));
      return status === 0 ? 408 : status;
    },
    refer: async (headers, auth) => (await ask({ method: 'REFER', headers, auth })).status,
    async bye(headers = {}) {
      over.abort(new Error('the dialog is over'));
      session.stop();
      await hangUp(srf, dialog, headers, log);
    },
  };
};

/** True where two SDPs say the same but for their origin. */
const sameBut = (one: string, other: string): boolean =>
  one.replace(/^o=.*$/m, '').trim() === other.replace(/^o=.*$/m, '').trim();
