import type { Logger } from 'pino';
import type { FinalResponse } from './in-dialog.ts';
import {
  afterTooSmall,
  refreshMethod,
  requestTimer,
  type SessionTimer,
  type TimerWishes,
  timerOfAnswer,
  timesOf,
  verdictOf,
} from './session-timer.ts';

export interface SessionParts {
  readonly wishes: TimerWishes;
  /** True where the far end allows UPDATE. */
  readonly takesUpdate: boolean;
  /** Sends a refresh that changes nothing. */
  readonly send: (method: 'INVITE' | 'UPDATE', headers: Record<string, string>) => Promise<FinalResponse>;
  /** Told once: nobody has refreshed it in time, or the far end knows it no more. */
  readonly onEnd: (how: 'expired' | 'gone') => void;
  readonly log: Logger;
}

/** Keeps a session alive, and ends it when the far end does not (RFC 4028). */
export interface SessionRefresh {
  /** Counts from now with this timer; undefined: the session has no end of its own. */
  use(timer: SessionTimer | undefined): void;
  /** The timer that counts. */
  now(): SessionTimer | undefined;
  /** What we want by now: a 422 raises it. */
  wishes(): TimerWishes;
  /** Idempotent; nothing is sent or told any more. */
  stop(): void;
}

/** How long after a refresh that failed the next is tried, ms. */
const againMs = 10_000;

export const createSessionRefresh = (parts: SessionParts): SessionRefresh => {
  const { log } = parts;
  let { wishes, takesUpdate } = parts;
  let timer: SessionTimer | undefined;
  let refreshing: NodeJS.Timeout | undefined;
  let ending: NodeJS.Timeout | undefined;
  /** A new object with each timer: who was sent under another is late. */
  let term: object = {};
  let stopped = false;

  const stop = (): void => {
    stopped = true;
    clearTimeout(refreshing);
    clearTimeout(ending);
  };

  const end = (how: 'expired' | 'gone'): void => {
    if (stopped) return;
    stop();
    parts.onEnd(how);
  };

  const refresh = async (current: SessionTimer): Promise<void> => {
    const method = refreshMethod(current, takesUpdate);
    const own = term;
    const response = await parts.send(method, requestTimer(wishes, current));
    if (stopped || term !== own) return;
    const verdict = verdictOf(response.status, method, current);
    log.debug({ method, status: response.status, verdict }, 'session refresh');
    switch (verdict) {
      case 'refreshed':
        return use(timerOfAnswer(response.headers, current));
      case 'gone':
        log.warn({ method, status: response.status }, 'the far end knows the session no more');
        return end('gone');
      case 'raise': {
        const longer = afterTooSmall(response.headers, wishes);
        if (longer === undefined) return refreshLater(current);
        wishes = longer;
        return refresh(current);
      }
      case 'reinvite':
        takesUpdate = false;
        return refresh(current);
      case 'later':
        return refreshLater(current);
    }
  };

  const refreshIn = (ms: number, current: SessionTimer): void => {
    refreshing = setTimeout(() => void refresh(current), ms);
  };
  const refreshLater = (current: SessionTimer): void => refreshIn(Math.min(againMs, current.expiresS * 50), current);

  const use = (next: SessionTimer | undefined): void => {
    if (stopped) return;
    clearTimeout(refreshing);
    clearTimeout(ending);
    timer = next;
    term = {};
    if (!next) return;
    const { refreshMs, endMs } = timesOf(next);
    if (refreshMs !== undefined) refreshIn(refreshMs, next);
    ending = setTimeout(() => {
      log.warn({ expires_s: next.expiresS, refresher: next.refresher }, 'the session was not refreshed in time');
      end('expired');
    }, endMs);
  };

  return { use, now: () => timer, wishes: () => wishes, stop };
};
