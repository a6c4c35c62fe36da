import { SipreelError } from '../../errors/error.ts';

/** What a script dials, taken apart. */
export type DialAddress =
  | { readonly kind: 'number'; readonly number: string }
  | { readonly kind: 'uri'; readonly uri: string };

/**
 * User, host, port and parameters of RFC 3261 §25.1, without passwords, headers and escapes of line breaks. A user with a
 * question mark is refused too: the grammar allows it, but there are servers that read headers from there on.
 */
const user = String.raw`(?:[A-Za-z0-9\-_.!~*'()&=+$,;/]|%(?!0[0-9A-Fa-f]|1[0-9A-Fa-f]|7[Ff])[0-9A-Fa-f]{2}){1,128}`;
const host = String.raw`(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])`;
const parameter = String.raw`;[A-Za-z0-9\-.!%*_+~]+(?:=[A-Za-z0-9\-.!%*_+~\[\]:/&$]+)?`;
const uriPattern = new RegExp(`^sips?:(?:${user}@)?${host}(?::\\d{1,5})?(?:${parameter}){0,16}$`, 'i');
const numberPattern = /^\+?[0-9*#]{1,32}$/;

/**
 * Takes apart what is dialled or called from: a sip: URI, or a number, in which blanks, dots, hyphens and parentheses
 * mean nothing.
 * @throws SipreelError destination_invalid for anything else, so that no line break or header gets into a message
 */
export const parseDialAddress = (text: string): DialAddress => {
  const trimmed = text.replace(/^ +| +$/g, '');
  if (uriPattern.test(trimmed)) return { kind: 'uri', uri: trimmed };
  const number = trimmed.replace(/[ .()-]/g, '');
  if (numberPattern.test(number)) return { kind: 'number', number };
  throw new SipreelError(
    'destination_invalid',
    `${JSON.stringify(text.slice(0, 80))} can't be dialled: it is neither a number nor a URI such as sip:1000@192.0.2.1`,
    { details: { address: text.slice(0, 200) } },
  );
};

/** Headers that make the message and the dialog: the switch's own. */
const own = new Set([
  ...['via', 'v', 'from', 'f', 'to', 't', 'call-id', 'i', 'cseq', 'contact', 'm', 'max-forwards', 'route'],
  ...[
    'record-route',
    'path',
    'content-length',
    'l',
    'content-type',
    'c',
    'content-encoding',
    'e',
    'content-disposition',
  ],
  ...['mime-version', 'authorization', 'proxy-authorization', 'www-authenticate', 'proxy-authenticate', 'allow'],
  ...['supported', 'k', 'require', 'proxy-require', 'unsupported', 'rack', 'rseq', 'session-expires', 'x', 'min-se'],
  ...['replaces', 'refer-to', 'r', 'event', 'o', 'subscription-state', 'expires', 'timestamp', 'accept'],
]);
const longestHeader = 1000;

/** Why a header can't be sent with a call, or undefined if it can. */
export const refusalOfHeader = (name: string, value: string): string | undefined => {
  if (!/^[A-Za-z0-9\-.!%*_+`'~]{1,64}$/.test(name)) return `${JSON.stringify(name)} is no name of a header`;
  if (own.has(name.toLowerCase())) return `${name} is made by the switch itself`;
  if (/[^\t\x20-\x7e\x80-\uffff]/.test(value)) return `${name} must be text on one line`;
  if (value.length > longestHeader) return `${name} may have ${longestHeader} characters`;
  return undefined;
};
