import { once } from 'node:events';
import type Srf from 'drachtio-srf';
import type { Dialog, SrfRequest } from 'drachtio-srf';
import type { Logger } from 'pino';
import { isUnknownDialog, sendInDialog } from './in-dialog.ts';

/** How long an answer to a BYE is waited for, and for a server that is away; everything else of the call goes on by then. */
const answeredWithinMs = 5000;

/**
 * Sends BYE. Resolves when it was answered or given up; never rejects. Where the connection over which the call came is
 * lost, BYE goes over the next one: a drachtio-server that lives on still knows the dialog.
 */
export const hangUp = async (
  srf: Srf,
  dialog: Dialog,
  headers: Readonly<Record<string, string>>,
  log: Logger,
): Promise<void> => {
  const late = AbortSignal.timeout(answeredWithinMs);
  const overNextConnection = async (): Promise<void> => {
    const bye = { method: 'BYE', headers } as const;
    let { status } = await sendInDialog(srf, dialog, bye, late);
    if (status === 0) {
      await once(srf, 'connect', { signal: late });
      ({ status } = await sendInDialog(srf, dialog, bye, late));
    }
    if (late.aborted || status === 0) throw new Error('it can not be sent');
  };
  const answered = new Promise<void>((resolve, reject) => {
    late.addEventListener('abort', () => reject(new Error('nobody answers it; the server repeats it')), { once: true });
    const done = (err: unknown): void => {
      if (!err || isUnknownDialog(err)) resolve();
      else overNextConnection().then(resolve, reject);
    };
    try {
      dialog.destroy({ headers: { ...headers } }, done);
    } catch (err) {
      done(err);
    }
  });
  await answered.catch((err: unknown) =>
    log.warn({ err }, 'BYE without an answer: the far end may have to find out by itself'),
  );
};

/** What drachtio-srf has and its types leave out. */
interface WideSrf {
  request(
    options: { readonly uri: string; readonly method: 'CANCEL'; readonly stackTxnId: string },
    callback: (err: unknown) => void,
  ): void;
}

/**
 * Sends CANCEL for an INVITE of ours, over the next connection to its server where the one of the INVITE is lost. Resolves
 * when it is sent, or can't be; never rejects: what is answered all the same gets BYE.
 */
export const cancelInvite = async (srf: Srf, invite: SrfRequest, log: Logger): Promise<void> => {
  const { stackTxnId } = invite as unknown as { readonly stackTxnId: string };
  const send = (by: (sent: (err: unknown) => void) => void): Promise<void> =>
    new Promise((resolve, reject) => by((err) => (err ? reject(err) : resolve())));
  const again = (): Promise<void> =>
    send((sent) => (srf as unknown as WideSrf).request({ uri: invite.uri, method: 'CANCEL', stackTxnId }, sent));
  try {
    await send((sent) => invite.cancel(sent));
  } catch (first) {
    // Of a connection that stands it is the server's word: the final response is on its way.
    if (!isConnectionLost(first)) return log.debug({ err: first }, 'CANCEL came too late');
    await again()
      .catch(async () => {
        await once(srf, 'connect', { signal: AbortSignal.timeout(answeredWithinMs) });
        await again();
      })
      .catch((err: unknown) => log.warn({ err }, 'CANCEL could not be sent: an answer gets BYE'));
  }
};

const isConnectionLost = (err: unknown): boolean =>
  typeof err === 'object' && err !== null && (!('code' in err) || err.code === 'ESOCKETDESTROYED');
