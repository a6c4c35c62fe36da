import type { Dialog, SrfRequest, SrfResponse } from 'drachtio-srf';
import type { Logger } from 'pino';
import { asSipreelError } from '../../errors/error.ts';
import { type ReferNotice, readReferNotice, type SendRefer } from './refer.ts';

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

export interface DialogHandlers {
  /** The far end's BYE, or the server's where an ACK never came. */
  readonly onBye: (source: 'network' | 'application') => void;
  /** A re-INVITE: resolves with the answer, or rejects with the error whose SIP status it gets. */
  readonly onReinvite: (sdp: string) => Promise<string>;
  readonly onInfo: (info: Info) => Promise<InfoAnswer>;
  /** What became of a REFER of ours; false if nobody waits for it. */
  readonly onNotify?: (notice: ReferNotice) => boolean;
  readonly log: Logger;
}

/** Listens to a dialog; to be called before the callback that gave it returns, as requests may come with it. */
export const listenToDialog = (dialog: Dialog, handlers: DialogHandlers): void => {
  const { log } = handlers;

  const send = (response: SrfResponse, status: number, options: object = {}): void => {
    try {
      response.send(status, options);
    } catch (err) {
      log.warn({ err, status }, 'a response could not be sent: the server times the request out');
    }
  };

  dialog.on('destroy', (bye) => handlers.onBye(bye.source));
  dialog.on('modify', (reinvite, response) => {
    handlers.onReinvite(reinvite.body).then(
      (sdp) => send(response, 200, { body: sdp, headers: { 'Content-Type': 'application/sdp' } }),
      (thrown: unknown) => {
        const error = asSipreelError(thrown);
        log.warn({ err: error }, 're-INVITE refused: the session stays as it was');
        send(response, error.kind.sip);
      },
    );
  });
  dialog.on('info', (info: SrfRequest, response) => {
    const type = info.has('Content-Type') ? info.get('Content-Type') : '';
    handlers.onInfo({ type, body: info.body ?? '' }).then(
      ({ status, headers = {} }) => send(response, status, { headers: { ...headers } }),
      (err: unknown) => {
        log.warn({ err }, 'INFO could not be passed on');
        send(response, 500);
      },
    );
  });
  dialog.on('notify', (notify: SrfRequest, response) => {
    const text = (name: string): string => (notify.has(name) ? notify.get(name) : '');
    const notice = readReferNotice(text('Event'), text('Subscription-State'), notify.body ?? '');
    // 489 is for events that nobody has subscribed to (RFC 6665 section 4.1.3); late news of a REFER does no harm.
    if (notice) handlers.onNotify?.(notice);
    send(response, notice ? 200 : 489);
  });
  // Transfers are the script's business.
  dialog.on('refer', (_refer, response) => send(response, 603));
};

/** How long an answer to a request in a dialog is waited for; everything else of the call goes on by then. */
const answeredWithinMs = 5000;

/** Sends BYE. Resolves when it was answered or given up; never rejects. */
export const hangUp = async (dialog: Dialog, headers: Readonly<Record<string, string>>, log: Logger): Promise<void> => {
  const answered = new Promise<void>((resolve, reject) => {
    dialog.destroy({ headers: { ...headers } }, (err: unknown) => (err && !isGone(err) ? reject(err) : resolve()));
  });
  await within(answeredWithinMs, answered, 'nobody answers the BYE; the server repeats it').catch((err: unknown) =>
    log.warn({ err }, 'BYE without an answer: the far end may have to find out by itself'),
  );
};

/** True where the server knows the dialog no more: the far end's BYE, or the server's own, was faster than ours. */
const isGone = (err: unknown): boolean =>
  typeof err === 'object' && err !== null && 'code' in err && err.code === 'ENODIALOG';

/** Sends an INFO; resolves with the status of its answer, 408 if there is none in time. */
export const sendInfo = async (dialog: Dialog, { type, body }: Info): Promise<number> => {
  const headers = body === '' ? {} : { 'Content-Type': type };
  const answered = new Promise<number>((resolve, reject) => {
    // The types of drachtio-srf ask for a whole request where it takes its parts.
    const request = { method: 'INFO', headers, body } as unknown as SrfRequest;
    dialog.request(request, (err: unknown, response) => (err ? reject(err) : resolve(response.status)));
  });
  return within(answeredWithinMs, answered, '').catch(() => 408);
};

/** Sends a REFER (RFC 3515); a digest that the far end asks for is given. */
export const sendRefer =
  (dialog: Dialog): SendRefer =>
  (headers, auth) => {
    const answered = new Promise<number>((resolve, reject) => {
      const request = { method: 'REFER', headers, ...(auth ? { auth } : {}) } as unknown as SrfRequest;
      dialog.request(request, (err: unknown, response) => {
        if (err) return reject(err);
        if (response.status >= 200) resolve(response.status);
      });
    });
    return within(referAnsweredWithinMs, answered, '').catch(() => 408);
  };

/** The server gives up after 32 s (timer F of RFC 3261). */
const referAnsweredWithinMs = 35_000;

/** Rejects with the words of `late` after so many milliseconds; the work goes on by itself. */
export const within = async <T>(ms: number, work: Promise<T>, late: string): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(late)), ms);
  });
  return Promise.race([work, timeout]).finally(() => clearTimeout(timer));
};
