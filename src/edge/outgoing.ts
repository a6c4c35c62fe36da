import { guessContentType, readApplicationHeaders, withoutKeys } from './application-headers.ts';
import type { Application } from './applications.ts';
import type { ApplicationRequest } from './control/application-messages.ts';
import { refuseCommand, requestConfirmation } from './deliver.ts';
import { findDestination } from './destination.ts';
import { endWithBye } from './ending.ts';
import { legRequest, ownVia, type ReadyRequest } from './leg-requests.ts';
import { MAX_DATAGRAM_BYTES } from './options.ts';
import { followOutgoing } from './responses.ts';
import { isUri, parseAddress, tagOf } from './sip/address.ts';
import { header, type SipHeader, type SipRequest, serialize } from './sip/message.ts';
import { parseCSeq } from './sip/problems.ts';
import type { EdgeState, Leg } from './state.ts';

const FIRST = new Set(['max-forwards', 'from', 'to', 'call-id', 'cseq', 'contact']);
/** What a dialog decides of its requests. */
const DIALOG_DECIDES = new Set(['from', 'to', 'call-id', 'cseq']);
const CARRIES_CONTACT = new Set(['INVITE', 'SUBSCRIBE', 'REFER', 'UPDATE']);

/** Why a request was not sent; null where it was. */
type Refusal = string | null;

/** Sends an application's request, and tells the application what was sent, or why nothing. */
export function sendRequest(state: EdgeState, application: Application, message: ApplicationRequest): void {
  const refusal = dispatch(state, application, message);
  if (refusal !== null) refuseCommand(state, application, message.id, refusal);
}

function dispatch(state: EdgeState, application: Application, message: ApplicationRequest): Refusal {
  const { method, dialogId } = message;
  if (dialogId !== '') {
    return method === 'ACK' ? sendAck(state, application, message) : sendInLeg(state, application, message);
  }
  if (method === 'CANCEL') return sendCancel(state, application, message);
  if (method === 'ACK') return 'an ACK needs the id of its dialog';
  return launch(state, application, message, newRequest(state, message), null);
}

/** Sends a request and tells the application; its responses follow. */
function launch(
  state: EdgeState,
  application: Application,
  { id }: ApplicationRequest,
  ready: ReadyRequest,
  leg: Leg | null,
): Refusal {
  if ('refused' in ready) return ready.refused;
  const problem = oversize(ready);
  if (problem !== null) return problem;
  const { request, flow } = ready;
  const transactionId = state.options.ids.uuid();
  // Before it is sent: a failure to send must not overtake the confirmation.
  application.say(requestConfirmation(state, id, transactionId, serialize(request), flow));
  followOutgoing(state, { application, transactionId, leg }, request, flow);
  return null;
}

function oversize({ request, flow }: Exclude<ReadyRequest, { refused: string }>): Refusal {
  const size = serialize(request).length;
  const fits = flow.protocol === 'tcp' || size <= MAX_DATAGRAM_BYTES;
  return fits ? null : `a message of ${size} bytes does not fit into a UDP datagram`;
}

function newRequest(state: EdgeState, message: ApplicationRequest): ReadyRequest {
  const { method, uri, body, proxy } = message;
  const { ids } = state.options;
  if (!isUri(uri)) return { refused: `invalid request-uri: ${uri}` };
  const destination = findDestination(proxy === '' ? uri : proxy, state.network.transports);
  if ('refused' in destination) return destination;
  if (state.network.isOwn(proxy === '' ? uri : proxy)) return { refused: 'can not send request to myself' };
  const flow = state.network.flowTo(destination);
  const given = readApplicationHeaders(message.headerLines, flow.local);
  const own = (key: string) => given.find((each) => each.key === key)?.value;

  const contact = state.network.contact(flow.protocol);
  const from = withTag(own('from') ?? contact, ids.tag());
  const to = own('to') ?? `<${uri}>`;
  if (from === null) return { refused: `invalid from value provided by client: ${own('from')}` };
  if (parseAddress(to) === null) return { refused: `invalid to value provided by client: ${to}` };
  const type = contentType(given, body);
  if (type === null) return { refused: 'missing content-type' };
  const sequence = parseCSeq(own('cseq'))?.number ?? ids.sequence();
  const request: SipRequest = {
    kind: 'request',
    method,
    uri,
    headers: [
      ownVia(state, flow),
      header('Max-Forwards', own('max-forwards') ?? '70'),
      header('From', from),
      header('To', to),
      header('Call-ID', own('call-id') ?? ids.uuid()),
      header('CSeq', `${sequence} ${method}`),
      ...contactFor(method, own('contact'), contact),
      ...withoutKeys(given, FIRST),
      ...type,
    ],
    body,
  };
  return { request, flow };
}

/** The address with a tag and in brackets, as From needs it; null where it is no address. */
function withTag(value: string, tag: string): string | null {
  const address = parseAddress(value);
  if (address === null) return null;
  const bracketed = value.includes('<') ? value : value.replace(address.uri, `<${address.uri}>`);
  return tagOf(value) === '' ? `${bracketed};tag=${tag}` : bracketed;
}

function contactFor(method: string, own: string | undefined, contact: string): SipHeader[] {
  if (own !== undefined) return [header('Contact', own)];
  return CARRIES_CONTACT.has(method) ? [header('Contact', contact)] : [];
}

/** The Content-Type to add, if any; null where a body has none and it can't be told. */
function contentType(given: readonly SipHeader[], body: string): SipHeader[] | null {
  if (body === '' || given.some(({ key }) => key === 'content-type')) return [];
  const guess = guessContentType(body);
  return guess === null ? null : [header('Content-Type', guess)];
}

function sendInLeg(state: EdgeState, application: Application, message: ApplicationRequest): Refusal {
  const leg = state.legs.byId(message.dialogId);
  if (leg === undefined) return 'Server error: unable to find dialog for dialog id provided';
  const { method, body } = message;
  const given = readApplicationHeaders(message.headerLines, leg.flow.local);
  const type = contentType(given, body);
  if (type === null) return 'Server error: missing content-type';
  const wanted = parseCSeq(given.find(({ key }) => key === 'cseq')?.value)?.number ?? 0;
  const sequence = Math.max(wanted, leg.dialog.localSequence + 1);
  const own = given.find(({ key }) => key === 'contact')?.value;
  const rest = given.filter(({ key }) => !DIALOG_DECIDES.has(key) && key !== 'contact');
  const headers = [...contactFor(method, own, state.network.contact(leg.flow.protocol)), ...rest, ...type];
  const uri = message.uri.includes('placeholder') ? {} : { uri: message.uri };
  const ready = legRequest(state, leg, { method, sequence, ...uri, headers, body });
  const refusal = launch(state, application, message, ready, leg);
  if (refusal === null) state.legs.setDialog(leg, { ...leg.dialog, localSequence: sequence });
  return refusal;
}

/** Sends the ACK to a 2xx (RFC 3261 section 13.2.2.4); ACKs to other responses are the transaction's. */
function sendAck(state: EdgeState, application: Application, message: ApplicationRequest): Refusal {
  const leg = state.legs.byId(message.dialogId);
  const invite = leg?.outgoingInvite;
  const request = invite?.transaction.request;
  const sequence = parseCSeq(request?.headers.find(({ key }) => key === 'cseq')?.value)?.number;
  if (!leg || !invite?.answered || sequence === undefined) {
    return 'Server error: ACK for non-success final response is automatically generated by server';
  }
  const given = readApplicationHeaders(message.headerLines, leg.flow.local);
  const type = contentType(given, message.body);
  if (type === null) return 'Server error: missing content-type';
  const headers = [...withoutKeys(given, DIALOG_DECIDES), ...type];
  const ready = legRequest(state, leg, { method: 'ACK', sequence, headers, body: message.body });
  if ('refused' in ready) return ready.refused;
  const problem = oversize(ready);
  if (problem !== null) return problem;
  const bytes = serialize(ready.request);
  ready.flow.send(bytes);
  invite.ack = { bytes, flow: ready.flow };
  application.say(requestConfirmation(state, message.id, state.options.ids.uuid(), bytes, ready.flow));
  // The answer and the CANCEL have crossed: there is a call that the application no longer wants.
  if (invite.cancelled) endWithBye(state, leg, 'ACK-BYE due to cancel race condition');
  return null;
}

function sendCancel(state: EdgeState, application: Application, message: ApplicationRequest): Refusal {
  const outgoing = state.outgoing.get(message.transactionId);
  if (!outgoing?.transaction.isPending() || outgoing.transaction.request.method !== 'INVITE') {
    return `unable to cancel unknown transaction id: ${message.transactionId}`;
  }
  const { flow } = outgoing.transaction;
  const given = withoutKeys(readApplicationHeaders(message.headerLines, flow.local), FIRST);
  outgoing.cancelled = true;
  const raw = serialize(outgoing.transaction.cancel(given));
  application.say(requestConfirmation(state, message.id, state.options.ids.uuid(), raw, flow));
  return null;
}
