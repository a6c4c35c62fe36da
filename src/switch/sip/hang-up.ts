import { once } from 'node:events';
import type Srf from 'drachtio-srf';
import type { Dialog } from 'drachtio-srf';
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
