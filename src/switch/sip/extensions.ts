import { answerTimer, optionTags, type TimerWishes } from './session-timer.ts';

/** Methods that we take within a dialog and outside of one. REFER is not among them: it gets 603. */
export const allowedMethods = 'INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE';

/** What we say of ourselves in INVITE, UPDATE and their 2xx. */
export const ourExtensions = { Allow: allowedMethods, Supported: 'timer' } as const;

/** Option tags that a caller may require. 100rel: see requiresReliable. */
const known = ['timer', '100rel'];

/** With what an INVITE is refused for what it requires; undefined: it is taken. */
export const refusalOfInvite = (
  headers: Readonly<Record<string, string>>,
  wishes: TimerWishes,
): { readonly status: 420 | 422; readonly why: string; readonly headers: Record<string, string> } | undefined => {
  const unknown = optionTags(headers.require).filter((tag) => !known.includes(tag));
  if (unknown.length > 0) {
    const why = `the INVITE requires ${unknown.join(', ')}`;
    return { status: 420, why, headers: { Unsupported: unknown.join(', ') } };
  }
  const timer = answerTimer(headers, wishes);
  if (!timer.refused) return undefined;
  return {
    status: 422,
    why: `Session-Expires ${headers['session-expires'] ?? headers.x} is too small`,
    headers: timer.headers,
  };
};

/** True where provisional responses must be sent reliably (RFC 3262 §3): only to who requires it. */
export const requiresReliable = (headers: Readonly<Record<string, string>>): boolean =>
  optionTags(headers.require).includes('100rel');
