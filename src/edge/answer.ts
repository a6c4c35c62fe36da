import { guessContentType, readApplicationHeaders, withoutKeys } from './application-headers.ts';
import type { Application } from './applications.ts';
import type { ApplicationResponse } from './control/application-messages.ts';
import { confirmResponse, refuseCommand } from './deliver.ts';
import { endWithBye } from './ending.ts';
import { forget } from './incoming.ts';
import { MAX_DATAGRAM_BYTES } from './options.ts';
import { followPlan } from './resending.ts';
import { parseSipUri, tagOf } from './sip/address.ts';
import { contactUri, dialogAsServer } from './sip/dialog.ts';
import { dialogId } from './sip/identify.ts';
import { allValues, firstValue, header, type SipHeader, type SipResponse, serialize } from './sip/message.ts';
import { parseCSeq } from './sip/problems.ts';
import { respondTo } from './sip/respond.ts';
import type { EdgeState, Incoming, Leg } from './state.ts';
import { provisionalResends, successResends } from './transaction/resend.ts';
import type { Flow, Place } from './transport/flow.ts';

/** Headers of a response that come from its request and not from the application. */
const FROM_REQUEST = new Set(['from', 'to', 'call-id', 'cseq', 'max-forwards']);
const MAKES_LEG = new Set(['INVITE', 'SUBSCRIBE']);

/** Sends an application's response to a request from the network; the application is told what was sent, or why nothing. */
export function sendResponse(state: EdgeState, application: Application, message: ApplicationResponse): void {
  const incoming = state.incoming.get(message.transactionId);
  const ready =
    incoming === undefined ? 'Response not sent due to unknown transaction' : compose(state, incoming, message);
  if (typeof ready === 'string' || incoming === undefined) {
    refuseCommand(state, application, message.id, String(ready));
    return;
  }
  const { response, reliable } = ready;
  const { request } = incoming.transaction;
  incoming.stopWaiting();
  const leg = legFor(state, incoming, response.status);
  const raw = incoming.transaction.respond(response);
  if (reliable !== null) waitForPrack(state, incoming, response, reliable);
  if (response.status >= 200) finish(state, incoming, leg, response);
  const id = leg?.id ?? (MAKES_LEG.has(request.method) ? dialogId(request) : '');
  confirmResponse(state, application, message.id, incoming, id, raw);
}

/** A response that is ready to be sent, and its RSeq where it is a reliable provisional one. */
interface ReadyResponse {
  readonly response: SipResponse;
  readonly reliable: number | null;
}

/** Builds the response that an application means; a text says why it can't be sent. */
function compose(state: EdgeState, incoming: Incoming, message: ApplicationResponse): ReadyResponse | string {
  const { request, flow } = incoming.transaction;
  const { status, reason, body } = message;
  const given = readApplicationHeaders(message.headerLines, flow.local);
  const isReliable = wantsReliable(incoming, status, given);
  if (isReliable && !supportsReliable(incoming)) return 'Remote endpoint does not support 100rel';
  const chosenTag = tagOf(given.find(({ key }) => key === 'to')?.value);
  if (incoming.leg === null && chosenTag !== '') incoming.localTag = chosenTag;

  const reliable = isReliable ? (incoming.reliableSequence ?? state.options.ids.sequence()) + 1 : null;
  const headers = completed(state, incoming, message, given, reliable);
  const said = reason === '' ? {} : { reason };
  const response = respondTo(request, { status, ...said, tag: incoming.localTag, headers, body });
  const size = serialize(response).length;
  if (flow.protocol === 'udp' && size > MAX_DATAGRAM_BYTES) {
    return `a message of ${size} bytes does not fit into a UDP datagram`;
  }
  return { response, reliable };
}

/** Adds what the application left out: Contact, Content-Type and RSeq. */
function completed(
  state: EdgeState,
  { transaction }: Incoming,
  { status, body }: ApplicationResponse,
  given: readonly SipHeader[],
  sequence: number | null,
): SipHeader[] {
  const headers = withoutKeys(given, FROM_REQUEST);
  const wantsContact = MAKES_LEG.has(transaction.request.method) && status > 100 && status < 300;
  if (wantsContact && !headers.some(({ key }) => key === 'contact')) {
    headers.unshift(header('Contact', state.network.contact(transaction.flow.protocol)));
  }
  const type = guessContentType(body);
  if (type !== null && !headers.some(({ key }) => key === 'content-type')) headers.push(header('Content-Type', type));
  if (sequence !== null) headers.push(header('RSeq', String(sequence)));
  return headers;
}

/** The leg of a request: the one it came in, or the one its first response makes. */
function legFor(state: EdgeState, incoming: Incoming, status: number): Leg | null {
  const { request, flow } = incoming.transaction;
  if (incoming.leg !== null || !MAKES_LEG.has(request.method) || status <= 100 || status >= 300) return incoming.leg;
  const leg: Leg = {
    id: dialogId(request),
    application: incoming.application,
    isSubscription: request.method === 'SUBSCRIBE',
    dialog: dialogAsServer(request, incoming.localTag, state.options.ids.sequence()),
    confirmed: false,
    flow,
    reroute: rerouteOf(incoming, flow),
    incomingInvite: request.method === 'INVITE' ? incoming : null,
    outgoingInvite: null,
    unacknowledged: null,
  };
  incoming.leg = leg;
  state.legs.add(leg);
  return leg;
}

/** A caller over UDP whose Contact is not where it was heard from, and no proxy between, is behind NAT. */
function rerouteOf({ transaction: { request } }: Incoming, flow: Flow): Place | null {
  const uri = parseSipUri(contactUri(request) ?? '');
  if (flow.protocol !== 'udp' || uri === null || firstValue(request, 'record-route') !== undefined) return null;
  const same = uri.host === flow.remote.address && (uri.port === null || uri.port === flow.remote.port);
  return same ? null : flow.remote;
}

function finish(state: EdgeState, incoming: Incoming, leg: Leg | null, response: SipResponse): void {
  const { request } = incoming.transaction;
  const success = response.status < 300;
  if (leg !== null && success && MAKES_LEG.has(request.method)) leg.confirmed = true;
  forget(state, incoming);
  if (leg !== null && success && request.method === 'INVITE') waitForAck(state, leg, incoming, response);
}

function waitForAck(state: EdgeState, leg: Leg, incoming: Incoming, response: SipResponse): void {
  const { transaction, transactionId } = incoming;
  const stop = followPlan(
    state.options.clock,
    successResends(state.options.timers),
    () => transaction.respond(response),
    () => endWithBye(state, leg, 'ACK timeout'),
  );
  const sequence = parseCSeq(firstValue(transaction.request, 'cseq'))?.number ?? 0;
  leg.unacknowledged?.stop();
  leg.unacknowledged = { transactionId, sequence, stop };
}

function wantsReliable({ transaction: { request } }: Incoming, status: number, given: readonly SipHeader[]): boolean {
  if (request.method !== 'INVITE' || status <= 100 || status >= 200) return false;
  return given.some(({ key, value }) => key === 'require' && /\b100rel\b/i.test(value));
}

function supportsReliable({ transaction: { request } }: Incoming): boolean {
  const offered = [...allValues(request, 'supported'), ...allValues(request, 'require')];
  return offered.some((value) => /\b100rel\b/i.test(value));
}

function waitForPrack(state: EdgeState, incoming: Incoming, response: SipResponse, sequence: number): void {
  const { transaction } = incoming;
  incoming.reliable?.stop();
  incoming.reliableSequence = sequence;
  const stop = followPlan(
    state.options.clock,
    provisionalResends(state.options.timers),
    () => transaction.respond(response),
    () => {
      forget(state, incoming);
      transaction.respond(respondTo(transaction.request, { status: 500, tag: incoming.localTag }));
    },
  );
  incoming.reliable = { sequence, stop };
}
