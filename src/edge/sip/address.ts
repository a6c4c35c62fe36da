import { isIP } from 'node:net';
import { endOfQuoted, type Parameter, parameter, parseParameters, trimBlanks } from './grammar.ts';

/** A `sip:` or `sips:` URI in its parts (RFC 3261 section 19.1.1). */
export interface SipUri {
  readonly scheme: 'sip' | 'sips';
  /** User and password as written; null where there is no `@`. */
  readonly user: string | null;
  /** Lower case; an IPv6 address is without its brackets. */
  readonly host: string;
  /** Null where none is written. */
  readonly port: number | null;
  readonly parameters: readonly Parameter[];
}

/** A From, To, Contact or Route value: `"Name" <uri>;parameters` or `uri;parameters` (RFC 3261 section 20.10). */
export interface Address {
  /** As written, quotes included; empty where there is none. */
  readonly display: string;
  /** As written, without angle brackets. */
  readonly uri: string;
  readonly parameters: readonly Parameter[];
}

const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:/;
/** Blanks, control characters and what would end a URI; bytes of UTF-8 are let through. */
const UNSAFE_IN_URI = /[^!-~\x80-\xff]|[<>"]/;
const HOST_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9.])?$/;

/** Whether the text could be a Request-URI of any scheme: a scheme, something behind it, no blanks or brackets. */
export function isUri(text: string): boolean {
  const scheme = SCHEME.exec(text);
  return scheme !== null && text.length > scheme[0].length && !UNSAFE_IN_URI.test(text);
}

/** Reads a port of 1 to 65535; null where it is none. */
export function parsePort(text: string): number | null {
  if (!/^\d{1,5}$/.test(text)) return null;
  const port = Number(text);
  return port >= 1 && port <= 65_535 ? port : null;
}

/** Reads a `sip:` or `sips:` URI; null for any other scheme and for what is malformed. */
export function parseSipUri(text: string): SipUri | null {
  const scheme = SCHEME.exec(text)?.[0].slice(0, -1).toLowerCase();
  if ((scheme !== 'sip' && scheme !== 'sips') || !isUri(text)) return null;
  const rest = text.slice(scheme.length + 1);
  const at = rest.indexOf('@');
  const user = at < 0 ? null : rest.slice(0, at);
  if (user === '') return null;
  const behind = (at < 0 ? rest : rest.slice(at + 1)).split('?')[0] ?? '';
  const semicolon = behind.indexOf(';');
  const hostPort = semicolon < 0 ? behind : behind.slice(0, semicolon);
  const parameters = parseParameters(semicolon < 0 ? '' : behind.slice(semicolon));
  const place = parseHostPort(hostPort);
  return place === null || parameters === null ? null : { scheme, user, ...place, parameters };
}

/** Reads `host`, `host:port` or `[IPv6]:port`; null where it is malformed. */
export function parseHostPort(text: string): { readonly host: string; readonly port: number | null } | null {
  const ipv6 = /^\[([0-9A-Fa-f:.]+)\](?::(\d+))?$/.exec(text);
  if (ipv6) {
    const port = ipv6[2] === undefined ? null : parsePort(ipv6[2]);
    const host = ipv6[1] ?? '';
    return isIP(host) !== 6 || (ipv6[2] !== undefined && port === null) ? null : { host: host.toLowerCase(), port };
  }
  const colon = text.indexOf(':');
  const host = colon < 0 ? text : text.slice(0, colon);
  const port = colon < 0 ? null : parsePort(text.slice(colon + 1));
  if (!HOST_NAME.test(host) || (colon >= 0 && port === null)) return null;
  return { host: host.toLowerCase(), port };
}

/** Reads one address; null where it is malformed. */
export function parseAddress(text: string): Address | null {
  const value = trimBlanks(text);
  let open = value.indexOf('<');
  if (value.startsWith('"')) {
    const end = endOfQuoted(value, 0);
    if (end < 0) return null;
    open = value.indexOf('<', end);
    if (open < 0 || trimBlanks(value.slice(end, open)) !== '') return null;
  }
  if (open < 0) {
    // Without brackets, parameters belong to the header and not to the URI (RFC 3261 section 20).
    const semicolon = value.indexOf(';');
    const uri = trimBlanks(semicolon < 0 ? value : value.slice(0, semicolon));
    const parameters = parseParameters(semicolon < 0 ? '' : value.slice(semicolon));
    return isUri(uri) && parameters !== null ? { display: '', uri, parameters } : null;
  }
  const close = value.indexOf('>', open);
  if (close < 0) return null;
  const uri = trimBlanks(value.slice(open + 1, close));
  const behind = trimBlanks(value.slice(close + 1));
  if (!isUri(uri) || (behind !== '' && !behind.startsWith(';'))) return null;
  const parameters = parseParameters(behind);
  return parameters === null ? null : { display: trimBlanks(value.slice(0, open)), uri, parameters };
}

/** The `tag` of a From or To value; empty where there is none. */
export function tagOf(value: string | undefined): string {
  if (value === undefined) return '';
  return parameter(parseAddress(value)?.parameters ?? [], 'tag') ?? '';
}

/** Whether two SIP URIs name the same host and port, with 5060 as the default. */
export function isSamePlace(one: { host: string; port: number | null }, other: { host: string; port: number | null }) {
  return one.host === other.host && (one.port ?? 5060) === (other.port ?? 5060);
}
