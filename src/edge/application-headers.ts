import { isToken, trimBlanks } from './sip/grammar.ts';
import { headerKey, headerSpelling } from './sip/header-names.ts';
import type { SipHeader } from './sip/message.ts';
import { sentBy } from './sip/via.ts';

/** Headers that are the server's alone; an application's are left out. */
const OWN = new Set(['via', 'route', 'record-route', 'rseq', 'content-length']);
/** Headers in which an application may write `localhost` for wherever the server listens. */
const MAY_NAME_SERVER = new Set(['from', 'to', 'contact', 'p-asserted-identity']);
const LOCALHOST = /(@|sips?:)localhost(?::\d+)?(?=[;>?\s]|$)/i;

/** Where the server listens for the transport that is used. */
export interface ServerPlace {
  readonly address: string;
  readonly port: number;
}

/**
 * Turns an application's header lines into headers as the server sends them: malformed lines and the server's own headers
 * are left out, names get their usual spelling, and `localhost` becomes the server's address and port.
 */
export function readApplicationHeaders(lines: readonly string[], place: ServerPlace): SipHeader[] {
  return lines.flatMap((line): SipHeader[] => {
    const colon = line.indexOf(':');
    const name = trimBlanks(line.slice(0, Math.max(colon, 0)));
    const key = headerKey(name);
    if (!isToken(name) || OWN.has(key)) return [];
    const written = trimBlanks(line.slice(colon + 1));
    const server = sentBy({ host: place.address, port: place.port });
    const value = MAY_NAME_SERVER.has(key) ? written.replace(LOCALHOST, `$1${server}`) : written;
    return [{ key, value, text: `${headerSpelling(name)}: ${value}` }];
  });
}

/** The Content-Type to add where the application gave a body without one; null where it can't be told. */
export function guessContentType(body: string): string | null {
  return body.startsWith('v=0') ? 'application/sdp' : null;
}

/** Takes the headers with these keys out; what is left keeps its order. */
export function withoutKeys(headers: readonly SipHeader[], keys: ReadonlySet<string>): SipHeader[] {
  return headers.filter(({ key }) => !keys.has(key));
}
