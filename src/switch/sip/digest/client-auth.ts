import { parseDigests, quoted } from './header.ts';

/** What drachtio-srf is given in place of a password: it asks for it with the response that challenges. */
export type ClientAuth = (
  request: unknown,
  response: { readonly statusCode: number; readonly headers: Record<string, string> },
  callback: (err: Error | null, username?: string, password?: string) => void,
) => void;

/**
 * The challenge of a WWW- or Proxy-Authenticate header that drachtio-srf can answer, as it can read it: that of MD5, where
 * others stand before it (RFC 8760 §2.3), with qop=auth alone. Undefined where there is none.
 */
export const md5Challenge = (value: string | undefined): string | undefined => {
  const found = parseDigests(value).find((each) => (each.get('algorithm') ?? 'MD5').toUpperCase() === 'MD5');
  if (!found) return undefined;
  const qop = found
    .get('qop')
    ?.split(',')
    .map((each) => each.trim().toLowerCase());
  const kept = ['realm', 'nonce', 'opaque'].flatMap((name) => {
    const given = found.get(name);
    return given === undefined ? [] : [`${name}=${quoted(given)}`];
  });
  return `Digest ${[...kept, ...(qop?.includes('auth') ? ['qop="auth"'] : []), 'algorithm=MD5'].join(', ')}`;
};

/** Answers challenges with this user, in the call's other requests too. @param refused told why one can't be answered */
export const createClientAuth =
  (login: { readonly username: string; readonly password: string }, refused: (why: string) => void): ClientAuth =>
  (_request, response, callback) => {
    const header = response.statusCode === 407 ? 'proxy-authenticate' : 'www-authenticate';
    const challenge = md5Challenge(response.headers[header]);
    if (challenge === undefined) {
      const why = 'the far end asks for no digest with MD5, and drachtio-srf knows no other';
      refused(why);
      return callback(new Error(why));
    }
    response.headers[header] = challenge;
    callback(null, login.username, login.password);
  };
