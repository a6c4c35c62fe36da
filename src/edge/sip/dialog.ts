import { parseAddress, parseSipUri, tagOf } from './address.ts';
import { parameter, splitList } from './grammar.ts';
import { allValues, firstValue, header, type SipHeader, type SipRequest, type SipResponse } from './message.ts';
import { parseCSeq } from './problems.ts';

/** The state of a dialog (RFC 3261 section 12), seen from the edge. */
export interface Dialog {
  readonly callId: string;
  readonly localTag: string;
  /** Empty while the other side has not given one. */
  readonly remoteTag: string;
  /** The From value of requests that the edge sends, with its tag. */
  readonly local: string;
  /** The To value of requests that the edge sends, with its tag. */
  readonly remote: string;
  readonly localSequence: number;
  /** Null until the other side has sent a request. */
  readonly remoteSequence: number | null;
  /** Route values, the next hop first. */
  readonly routes: readonly string[];
  /** The URI of the other side's Contact; null where it gave none. */
  readonly target: string | null;
}

/** The dialog that an INVITE or SUBSCRIBE from the network makes once it is answered with `localTag` (section 12.1.1). */
export function dialogAsServer(request: SipRequest, localTag: string, localSequence: number): Dialog {
  const to = firstValue(request, 'to') ?? '';
  return {
    callId: firstValue(request, 'call-id') ?? '',
    localTag,
    remoteTag: tagOf(firstValue(request, 'from')),
    local: tagOf(to) === '' ? `${to};tag=${localTag}` : to,
    remote: firstValue(request, 'from') ?? '',
    localSequence,
    remoteSequence: parseCSeq(firstValue(request, 'cseq'))?.number ?? null,
    routes: splitList(allValues(request, 'record-route')) ?? [],
    target: contactUri(request),
  };
}

/** The dialog that a response to the edge's own INVITE or SUBSCRIBE makes (section 12.1.2). */
export function dialogAsClient(request: SipRequest, response: SipResponse): Dialog {
  return {
    callId: firstValue(request, 'call-id') ?? '',
    localTag: tagOf(firstValue(request, 'from')),
    remoteTag: tagOf(firstValue(response, 'to')),
    local: firstValue(request, 'from') ?? '',
    remote: firstValue(response, 'to') ?? '',
    localSequence: parseCSeq(firstValue(request, 'cseq'))?.number ?? 0,
    remoteSequence: null,
    routes: (splitList(allValues(response, 'record-route')) ?? []).reverse(),
    target: contactUri(response),
  };
}

/** Requests and responses whose Contact replaces the remote target (section 12.2). */
const REFRESHES_TARGET = new Set(['INVITE', 'UPDATE', 'SUBSCRIBE', 'NOTIFY']);

/** What a request of the other side makes of the dialog; null where its CSeq is older than the last (section 12.2.2). */
export function afterRequest(dialog: Dialog, request: SipRequest): Dialog | null {
  const sequence = parseCSeq(firstValue(request, 'cseq'))?.number ?? 0;
  if (dialog.remoteSequence !== null && sequence < dialog.remoteSequence) return null;
  const target = REFRESHES_TARGET.has(request.method) ? contactUri(request) : null;
  return { ...dialog, remoteSequence: sequence, target: target ?? dialog.target };
}

/** What a 2xx to a request of the edge makes of the dialog (section 12.2.1.2). */
export function afterSuccess(dialog: Dialog, method: string, response: SipResponse): Dialog {
  const target = REFRESHES_TARGET.has(method) ? contactUri(response) : null;
  return target === null ? dialog : { ...dialog, target };
}

/** The parts of a request within a dialog that the dialog decides (section 12.2.1.1). */
export interface DialogRequestParts {
  readonly uri: string;
  /** Where it is sent: a URI. */
  readonly nextHop: string;
  /** From, To, Call-ID, CSeq and Route. */
  readonly headers: readonly SipHeader[];
}

/** Builds what the dialog decides of a request with this CSeq number; null while the other side's Contact is unknown. */
export function requestInDialog(dialog: Dialog, method: string, sequence: number): DialogRequestParts | null {
  const first = dialog.routes[0];
  if (dialog.target === null) return null;
  const firstUri = first === undefined ? undefined : parseAddress(first)?.uri;
  // A first hop without `lr` is a strict router: it wants itself in the Request-URI and the target behind the others.
  const strict = firstUri !== undefined && parameter(parseSipUri(firstUri)?.parameters ?? [], 'lr') === undefined;
  const uri = strict ? firstUri : dialog.target;
  const routes = strict ? [...dialog.routes.slice(1), `<${dialog.target}>`] : dialog.routes;
  return {
    uri,
    nextHop: firstUri ?? dialog.target,
    headers: [
      ...routes.map((route) => header('Route', route)),
      header('From', dialog.local),
      header('To', dialog.remote),
      header('Call-ID', dialog.callId),
      header('CSeq', `${sequence} ${method}`),
    ],
  };
}

/** The URI of a message's Contact; null where there is none. */
export function contactUri(message: SipRequest | SipResponse): string | null {
  const first = splitList(allValues(message, 'contact'))?.[0];
  return first === undefined ? null : (parseAddress(first)?.uri ?? null);
}
