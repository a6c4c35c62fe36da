import { once } from 'node:events';
import type Srf from 'drachtio-srf';
import type { Dialog } from 'drachtio-srf';
import type { Logger } from 'pino';
import { isUnknownDialog, sendInDialog } from './in-dialog.ts';
import { within } from './within.ts';

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
  const overNextConnection = async (): Promise<void> => {
    const bye = { method: 'BYE', headers } as const;
    if ((await sendInDialog(srf, dialog, bye)).status !== 0) return;
    await once(srf, 'connect');
    await sendInDialog(srf, dialog, bye);
  };
  const answered = new Promise<void>((resolve, reject) => {
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
  await within(answeredWithinMs, answered, 'nobody answers the BYE; the server repeats it').catch((err: unknown) =>
    log.warn({ err }, 'BYE without an answer: the far end may have to find out by itself'),
  );
};
