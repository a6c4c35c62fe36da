/** What we want of session timers (RFC 4028); seconds. */
export interface TimerWishes {
  /** The Session-Expires that we ask for; 0: we ask for none, and take what the far end asks for. */
  readonly expiresS: number;
  /** Shorter ones are refused with 422. */
  readonly minS: number;
}

/** A session timer that counts. */
export interface SessionTimer {
  readonly expiresS: number;
  readonly refresher: 'us' | 'them';
  /** False where the far end knows nothing of timers: we look for ourselves whether it is there. */
  readonly agreed: boolean;
}

/** Headers by their names in lower case. */
export type Headers = Readonly<Record<string, string | undefined>>;

/** The standard's own least Session-Expires (RFC 4028 §5): it goes without saying. */
const standardMinS = 90;
/** A timer of Node.js holds no more. */
const longestS = 2_147_483;

/** The option tags of Supported, Require and the like. */
export const optionTags = (value: string | undefined): readonly string[] =>
  (value ?? '')
    .split(',')
    .map((tag) => tag.trim().toLowerCase())
    .filter((tag) => tag !== '');

const seconds = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,10}$/.test(text) ? Math.min(Number(text), longestS) : undefined;

const readExpires = (headers: Headers): { expiresS: number; refresher: 'uac' | 'uas' | undefined } | undefined => {
  const [value, ...parameters] = (headers['session-expires'] ?? headers.x ?? '').split(';').map((part) => part.trim());
  const expiresS = seconds(value);
  if (expiresS === undefined) return undefined;
  const refresher = /^refresher\s*=\s*(uac|uas)$/i;
  const named = parameters.flatMap((parameter) => refresher.exec(parameter)?.[1]?.toLowerCase() ?? [])[0];
  return { expiresS, refresher: named === 'uac' || named === 'uas' ? named : undefined };
};

const readMin = (headers: Headers): number => seconds(headers['min-se']?.split(';')[0]?.trim()) ?? 0;

/**
 * What a request of the far end that begins or refreshes a session gets (RFC 4028 §9): the timer and the headers of our
 * 2xx, or the headers of a 422. `now` is the timer that stands: who has refreshed goes on.
 */
export const answerTimer = (
  request: Headers,
  wishes: TimerWishes,
  now?: SessionTimer,
):
  | { readonly refused: false; readonly timer: SessionTimer | undefined; readonly headers: Record<string, string> }
  | { readonly refused: true; readonly headers: Record<string, string> } => {
  const supported = [request.supported, request.require].some((value) => optionTags(value).includes('timer'));
  const asked = readExpires(request);
  if (asked && supported && asked.expiresS < wishes.minS) {
    return { refused: true, headers: { 'Min-SE': String(wishes.minS) } };
  }
  const wished = wishes.expiresS || asked?.expiresS;
  if (wished === undefined) return { refused: false, timer: undefined, headers: {} };
  const least = Math.max(wishes.minS, readMin(request));
  // It may be made shorter, but not below what anybody on the way takes, and never longer.
  const expiresS = Math.max(1, Math.min(Math.max(wished, least), asked?.expiresS ?? longestS));
  const named = asked?.refresher && ({ uac: 'them', uas: 'us' } as const)[asked.refresher];
  const refresher = supported ? (named ?? now?.refresher ?? 'them') : 'us';
  const agreed = supported || asked !== undefined; // A server on the way may want one for who does not.
  const headers = {
    ...(agreed ? { 'Session-Expires': `${expiresS};refresher=${refresher === 'us' ? 'uas' : 'uac'}` } : {}),
    ...(supported ? { Require: 'timer' } : {}),
  };
  return { refused: false, timer: { expiresS, refresher, agreed }, headers };
};

/** The headers of a request of ours that begins a session, or refreshes the one with the timer `now` (RFC 4028 §7.1). */
export const requestTimer = (wishes: TimerWishes, now?: SessionTimer): Record<string, string> => {
  if (now?.agreed === false) return {};
  // Who refreshes is the far end's choice at first; later it is told, so that it stays as it is.
  const role = now ? `;refresher=${now.refresher === 'us' ? 'uac' : 'uas'}` : '';
  const expiresS = now
    ? Math.max(now.expiresS, wishes.minS)
    : wishes.expiresS && Math.max(wishes.expiresS, wishes.minS);
  if (expiresS === 0) return {};
  return {
    'Session-Expires': `${expiresS}${role}`,
    ...(wishes.minS > standardMinS ? { 'Min-SE': String(wishes.minS) } : {}),
  };
};

/** The timer that a 2xx to such a request agrees to (RFC 4028 §7.2); none where it has no Session-Expires. */
export const timerOfAnswer = (response: Headers, now?: SessionTimer): SessionTimer | undefined => {
  const said = readExpires(response);
  if (!said) return now?.agreed === false ? now : undefined;
  const refresher = said.refresher === 'uas' ? 'them' : 'us';
  return { expiresS: Math.max(1, said.expiresS), refresher, agreed: true };
};

/** What to ask for after a 422 (RFC 4028 §7.3); undefined if it does not say what it wants. */
export const afterTooSmall = (response: Headers, wishes: TimerWishes): TimerWishes | undefined => {
  const minS = readMin(response);
  return minS > wishes.minS ? { expiresS: Math.max(wishes.expiresS, minS), minS } : undefined;
};

/**
 * When, in ms after the last refresh, the next one is due, if it is ours, and when the session is over (RFC 4028 §10). A
 * drachtio-server refreshes by itself after half the time, give or take 5 s, with an SDP that may be an old one, and ends
 * the call if that is refused: we are earlier.
 */
export const timesOf = ({ expiresS, refresher }: SessionTimer): { refreshMs?: number; endMs: number } => ({
  ...(refresher === 'us' ? { refreshMs: expiresS * 400 } : {}),
  endMs: (expiresS - Math.min(32, expiresS / 3)) * 1000,
});

/** How it is refreshed: a drachtio-server's own clock is set back by re-INVITE alone; what was not agreed it has no clock for. */
export const refreshMethod = ({ agreed }: SessionTimer, takesUpdate: boolean): 'INVITE' | 'UPDATE' =>
  takesUpdate && !agreed ? 'UPDATE' : 'INVITE';

/** What follows from the final response to a refresh of ours. */
export type RefreshVerdict =
  | 'refreshed'
  /** The far end knows the session no more, or is not there. */
  | 'gone'
  /** The interval is too small for somebody: again with a longer one. */
  | 'raise'
  /** It takes no UPDATE: again as re-INVITE. */
  | 'reinvite'
  /** Again a little later, as long as there is time. */
  | 'later';

/** Judges the final response to a refresh; 0 stands for a request that could not be sent. */
export const verdictOf = (
  status: number,
  method: 'INVITE' | 'UPDATE',
  { agreed }: Pick<SessionTimer, 'agreed'>,
): RefreshVerdict => {
  if (status >= 200 && status < 300) return 'refreshed';
  if (status === 408 || status === 481) return 'gone';
  if (status === 422) return 'raise';
  if (method === 'UPDATE' && [405, 415, 420, 501].includes(status)) return 'reinvite';
  // Whatever it said, it is there.
  if (!agreed && status >= 300) return 'refreshed';
  return 'later';
};
