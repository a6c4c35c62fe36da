import type { Logger } from 'pino';
import type { SipreelError } from '../../errors/error.ts';
import type { ErrorCode } from '../../errors/registry.ts';
import type { InboundLeg } from './inbound-leg.ts';

/** How long the sender of a request that may succeed later is asked to wait, s, where nothing better is known. */
const usualRetryS = 5;

/**
 * What a refusal says of itself: Warning (RFC 3261 §20.43) in words, Retry-After where trying again makes sense,
 * and the headers that its status must carry, from the error's details.
 */
export const refusalHeaders = (error: SipreelError): Record<string, string> => {
  const text = error.message.replace(/[^\x20-\x7e]|["\\]/g, ' ').slice(0, 300);
  const { retryAfterS, headers } = error.details;
  const retry = error.kind.retryable
    ? { 'Retry-After': String(typeof retryAfterS === 'number' ? retryAfterS : usualRetryS) }
    : {};
  return { Warning: `399 sipreel "${text}"`, ...retry, ...(typeof headers === 'object' ? headers : {}) };
};

/** Told of each INVITE that is refused, for figures. */
export type OnRefused = (code: ErrorCode) => void;

/** Ends an INVITE with the status of an error, and says why to both sides. */
export const refuse = (
  leg: Pick<InboundLeg, 'reject'>,
  error: SipreelError,
  log: Logger,
  onRefused?: OnRefused,
): void => {
  onRefused?.(error.code);
  const { sip, fault } = error.kind;
  log[fault === 'caller' ? 'info' : 'error']({ err: error, status: sip }, 'call refused');
  leg.reject(sip, { headers: refusalHeaders(error) });
};
