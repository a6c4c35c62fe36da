import { headerKey, headerSpelling } from './header-names.ts';

/*
 * Every text in the edge is a byte string: one character for each byte (Node's latin1), so that a length is a length in
 * bytes, nothing is ever lost to a character set, and a name or body in UTF-8 leaves as it came.
 */

/** One header field of a message. */
export interface SipHeader {
  /** Lower case, compact forms expanded. */
  readonly key: string;
  /** The value on one line, without surrounding blanks. */
  readonly value: string;
  /** The lines as they were received or will be sent, folds included, without the last CRLF. */
  readonly text: string;
}

/** A SIP request; headers are in the order of the wire. */
export interface SipRequest {
  readonly kind: 'request';
  readonly method: string;
  readonly uri: string;
  readonly headers: readonly SipHeader[];
  readonly body: string;
}

/** A SIP response; headers are in the order of the wire. */
export interface SipResponse {
  readonly kind: 'response';
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly SipHeader[];
  readonly body: string;
}

/** A request or a response. */
export type SipMessage = SipRequest | SipResponse;

/** A header field in its usual spelling, as the edge writes it. */
export function header(name: string, value: string): SipHeader {
  return { key: headerKey(name), value, text: `${headerSpelling(name)}: ${value}` };
}

/** The value of the first header with this key (lower case, long form), if there is one. */
export function firstValue(message: { readonly headers: readonly SipHeader[] }, key: string): string | undefined {
  return message.headers.find((each) => each.key === key)?.value;
}

/** The values of all headers with this key, in the order of the message. */
export function allValues(message: { readonly headers: readonly SipHeader[] }, key: string): string[] {
  return message.headers.filter((each) => each.key === key).map((each) => each.value);
}

/** The message as it goes over the wire, with a Content-Length that is true. */
export function serialize(message: SipMessage): string {
  const start =
    message.kind === 'request'
      ? `${message.method} ${message.uri} SIP/2.0`
      : `SIP/2.0 ${message.status} ${message.reason}`;
  const lines = [start];
  for (const each of message.headers) if (each.key !== 'content-length') lines.push(each.text);
  lines.push(`Content-Length: ${message.body.length}`, '', message.body);
  return lines.join('\r\n');
}

/**
 * The message as the application is shown it: like the wire, but a Content-Length that was received stays where and as it
 * was, because drachtio-srf's users may look at the raw text.
 */
export function serializeAsReceived(message: SipMessage): string {
  const own = message.headers.filter((each) => each.key === 'content-length');
  if (own.length !== 1 || own[0]?.value !== String(message.body.length)) return serialize(message);
  const start =
    message.kind === 'request'
      ? `${message.method} ${message.uri} SIP/2.0`
      : `SIP/2.0 ${message.status} ${message.reason}`;
  return [start, ...message.headers.map((each) => each.text), '', message.body].join('\r\n');
}
