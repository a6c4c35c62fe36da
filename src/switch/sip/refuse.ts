import type { Logger } from 'pino';
import type { SipreelError } from '../../errors/error.ts';
import type { InboundLeg } from './inbound-leg.ts';

/** How long the sender of a request that may succeed later is asked to wait, s, where nothing better is known. */
const usualRetryS = 5;

/** What a refusal says of itself: Warning (RFC 3261 §20.43) in words, Retry-After where trying again makes sense. */
export const refusalHeaders = (error: SipreelError): Record<string, string> => {
  const text = error.message.replace(/[^\x20-\x7e]|["\\]/g, ' ').slice(0, 300);
  const { retryAfterS } = error.details;
  const retry = error.kind.retryable
    ? { 'Retry-After': String(typeof retryAfterS === 'number' ? retryAfterS : usualRetryS) }
    : {};
  return { Warning: `399 sipreel "${text}"`, ...retry };
};

/** Ends an INVITE with the status of an error, and says why to both sides. */
export const refuse = (leg: Pick<InboundLeg, 'reject'>, error: SipreelError, log: Logger): void => {
  const { sip, fault } = error.kind;
  log[fault === 'caller' ? 'info' : 'error']({ err: error, status: sip }, 'call refused');
  leg.reject(sip, { headers: refusalHeaders(error) });
};
