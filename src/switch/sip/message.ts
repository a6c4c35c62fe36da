import type { SrfRequest, SrfResponse } from 'drachtio-srf';
import { percentDecoded } from '../../net/percent-decoded.ts';
import { sdpInBody } from '../../sdp/body.ts';

/** What an INVITE says of itself, as far as routes and scripts look at it. */
export interface InviteFacts {
  readonly sipCallId: string;
  /** URI of From without parameters, such as sip:+15551234@192.0.2.1. */
  readonly from: string;
  /** URI of To. */
  readonly to: string;
  /** User part of the Request-URI: the number that was called. */
  readonly calledNumber: string;
  readonly sourceAddress: string;
  readonly headers: Readonly<Record<string, string>>;
  /** How many servers it may still pass (RFC 3261 §8.1.1.6); 70 where it does not say. */
  readonly maxForwards: number;
  /** Size of the whole message in bytes. */
  readonly bytes: number;
  readonly sdp?: string;
}

/** A name in quotes, in which anything may stand (RFC 3261 §25.1), other URIs too. */
const quotedName = /^\s*"(?:[^"\\]|\\.)*"/;

/** A URI cut down to what identifies: the scheme, user, host and port. */
const bareUri = (value: string): string => {
  const address = value.replace(quotedName, '');
  const inside = /<([^>]*)>/.exec(address)?.[1] ?? address;
  return inside.split(';')[0]?.trim() ?? '';
};

const userOf = (uri: string): string => /^sips?:([^@;]*)@/i.exec(uri)?.[1] ?? /^tel:([^;]*)/i.exec(uri)?.[1] ?? '';

/** Reads an INVITE; never throws: what is missing is empty. */
export const inviteFacts = (request: SrfRequest): InviteFacts => {
  const headers = headersOf(request);
  const sdp = sdpOf(request);
  return {
    sipCallId: headers['call-id'] ?? '',
    from: bareUri(headers.from ?? ''),
    to: bareUri(headers.to ?? ''),
    calledNumber: percentDecoded(userOf(request.uri ?? '')),
    sourceAddress: request.source_address ?? '',
    headers,
    maxForwards: /^\d{1,3}$/.test(headers['max-forwards'] ?? '') ? Math.min(70, Number(headers['max-forwards'])) : 70,
    bytes: Buffer.byteLength(request.raw ?? ''),
    ...(sdp === undefined ? {} : { sdp }),
  };
};

/** The headers of a request or response by their names in lower case. */
export const headersOf = (message: SrfRequest | SrfResponse): Readonly<Record<string, string>> => {
  // The types of drachtio-srf know the headers of requests alone.
  const { headers = {} } = message as { readonly headers?: object };
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]));
};

/** The SDP of a request or response; undefined where it has none. */
export const sdpOf = (message: SrfRequest | SrfResponse): string | undefined =>
  sdpInBody(headersOf(message)['content-type'], message.body);
