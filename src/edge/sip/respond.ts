import { tagOf } from './address.ts';
import { header, type SipHeader, type SipRequest, type SipResponse } from './message.ts';
import { reasonPhrase } from './reason-phrases.ts';

/** What a response has beside the headers that come from its request. */
export interface ResponseParts {
  readonly status: number;
  readonly reason?: string;
  /** The tag put on To where the request had none; none is put on a 100. */
  readonly tag: string;
  readonly headers?: readonly SipHeader[];
  readonly body?: string;
}

const COPIED = new Set(['via', 'from', 'to', 'call-id', 'cseq']);
/** Requests whose 1xx and 2xx may make a dialog carry Record-Route back (RFC 3261 section 12.1.1). */
const MAKES_DIALOG = new Set(['INVITE', 'SUBSCRIBE', 'REFER']);

/** Builds a response as RFC 3261 section 8.2.6.2 says: Via, From, To, Call-ID, CSeq and Record-Route are the request's. */
export function respondTo(request: SipRequest, parts: ResponseParts): SipResponse {
  const { status, tag } = parts;
  const routes = status > 100 && status < 300 && MAKES_DIALOG.has(request.method);
  const copied = request.headers.flatMap((each): SipHeader[] => {
    if (each.key === 'to' && status > 100 && tagOf(each.value) === '')
      return [header('To', `${each.value};tag=${tag}`)];
    if (each.key === 'timestamp') return status === 100 ? [each] : [];
    return COPIED.has(each.key) || (routes && each.key === 'record-route') ? [each] : [];
  });
  return {
    kind: 'response',
    status,
    reason: parts.reason ?? reasonPhrase(status),
    headers: [...copied, ...(parts.headers ?? [])],
    body: parts.body ?? '',
  };
}
