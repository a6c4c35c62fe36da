import { SipreelError } from '../../errors/error.ts';
import { answerTimer, optionTags, type TimerWishes } from './session-timer.ts';

/** Methods that we take within a dialog and outside of one. REFER is not among them: it gets 603. */
export const allowedMethods = 'INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE';

/** What we say of ourselves in INVITE, UPDATE and their 2xx. */
export const ourExtensions = { Allow: allowedMethods, Supported: 'timer' } as const;

/** Option tags that a caller may require. 100rel: see requiresReliable. */
const known = ['timer', '100rel'];

/**
 * Looks at what an INVITE requires and how short a session it wants.
 * @throws SipreelError extension_unsupported, session_interval_too_small, with the headers of the response in their details
 */
export const admitExtensions = (headers: Readonly<Record<string, string>>, wishes: TimerWishes): void => {
  const unknown = optionTags(headers.require).filter((tag) => !known.includes(tag));
  if (unknown.length > 0) {
    const tags = unknown.map((tag) => tag.replace(/[^a-z0-9.!%*_+`'~-]/g, '-')).join(', ');
    throw new SipreelError('extension_unsupported', `the INVITE requires ${tags}`, {
      details: { headers: { Unsupported: tags } },
    });
  }
  const timer = answerTimer(headers, wishes);
  if (timer.refused) {
    const asked = headers['session-expires'] ?? headers.x ?? '';
    const message = `a session of ${Number.parseInt(asked, 10)} s is too short: ${wishes.minS} s at least`;
    throw new SipreelError('session_interval_too_small', message, { details: { headers: timer.headers } });
  }
};

/** True where provisional responses must be sent reliably (RFC 3262 §3): only to who requires it. */
export const requiresReliable = (headers: Readonly<Record<string, string>>): boolean =>
  optionTags(headers.require).includes('100rel');
