import type { ReferPlan, ReferResult } from '../swml/call-port.ts';

/** Sends the REFER; resolves with the status of its final response, 408 if there is none, 0 if it could not be sent. */
export type SendRefer = (headers: Readonly<Record<string, string>>, auth: ReferPlan['auth']) => Promise<number>;

/** What a NOTIFY says of a REFER (RFC 3515 section 2.4.4). */
export interface ReferNotice {
  /** The status that whom it was referred to has answered with; undefined if the body has none. */
  readonly status: number | undefined;
  /** No further NOTIFY comes. */
  readonly last: boolean;
}

/** Asks the far end of one dialog to call somebody else, one at a time. */
export interface Referrer {
  refer(plan: ReferPlan, signal: AbortSignal): Promise<ReferResult>;
  /** True if the NOTIFY was waited for. */
  notify(notice: ReferNotice): boolean;
}

/** How long the last NOTIFY is waited for: somebody else's telephone rings meanwhile, ms. */
const notifiedWithinMs = 180_000;

/** What a NOTIFY says, undefined if it is about something else: its Event header, Subscription-State and body. */
export const readReferNotice = (event: string, subscription: string, body: string): ReferNotice | undefined => {
  if (!/^\s*refer\s*(;|$)/i.test(event)) return undefined;
  const status = /^\s*SIP\/2\.0\s+([1-6]\d\d)(?!\d)/.exec(body)?.[1];
  return { status: status === undefined ? undefined : Number(status), last: /^\s*terminated/i.test(subscription) };
};

export const createReferrer = (send: SendRefer): Referrer => {
  let waiting: ((notice: ReferNotice) => void) | undefined;

  /** The status of the last NOTIFY, and why no further one is waited for. */
  const outcome = (signal: AbortSignal) => {
    let settle: (reason: string) => void = () => undefined;
    let status = 0;
    const over = new Promise<string>((resolve) => {
      settle = resolve;
    });
    const onAbort = (): void => settle('the call has ended');
    const timer = setTimeout(
      () => settle(`no NOTIFY has said within ${notifiedWithinMs / 1000} s what became of it`),
      notifiedWithinMs,
    );
    signal.addEventListener('abort', onAbort, { once: true });
    // It may come before the response to the REFER.
    waiting = (notice) => {
      status = notice.status ?? status;
      if (status >= 200) settle(`whom it was referred to has answered ${status}`);
      else if (notice.last) settle('the far end tells no more of it');
    };
    return {
      over: over.then((reason) => ({ notifyCode: status, reason })),
      close: (): void => {
        waiting = undefined;
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
      },
    };
  };

  return {
    async refer({ to, auth, onAccepted }, signal) {
      signal.throwIfAborted();
      const { over, close } = outcome(signal);
      try {
        const responseCode = await send({ 'Refer-To': `<${to}>` }, auth);
        if (responseCode < 200 || responseCode >= 300) {
          return { responseCode, notifyCode: 0, reason: `the far end answers REFER with ${responseCode}` };
        }
        onAccepted?.();
        return { responseCode, ...(await over) };
      } finally {
        close();
      }
    },
    notify(notice) {
      waiting?.(notice);
      return waiting !== undefined;
    },
  };
};
