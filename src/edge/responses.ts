import { deliver, deliverFailure } from './deliver.ts';
import { acknowledgeAndEnd } from './ending.ts';
import { parseSipUri, tagOf } from './sip/address.ts';
import { afterSuccess, contactUri, dialogAsClient } from './sip/dialog.ts';
import { dialogId } from './sip/identify.ts';
import { firstValue, type SipRequest, type SipResponse } from './sip/message.ts';
import type { EdgeState, Leg, Outgoing } from './state.ts';
import type { Flow, Place } from './transport/flow.ts';

const MAKES_LEG = new Set(['INVITE', 'SUBSCRIBE']);

/** Sends a request whose application and name are given, and takes its responses to that application. */
export function followOutgoing(
  state: EdgeState,
  of: Pick<Outgoing, 'application' | 'transactionId' | 'leg'>,
  request: SipRequest,
  flow: Flow,
): void {
  // A failure to send is told later, never from within send(), so the record is there by then.
  const transaction = state.transactions.send(request, flow, {
    onResponse: (response, over) => onResponse(state, outgoing, response, over),
    onFailure: (why) => onFailure(state, outgoing, why === 'timeout' ? 408 : 503),
    onEnd: () => void state.outgoing.delete(of.transactionId),
  });
  const outgoing: Outgoing = { ...of, transaction, answered: false, cancelled: false, ack: null };
  state.outgoing.set(of.transactionId, outgoing);
  if (of.leg !== null && request.method === 'INVITE') of.leg.outgoingInvite = outgoing;
}

function onResponse(state: EdgeState, outgoing: Outgoing, response: SipResponse, flow: Flow): void {
  const { status } = response;
  const { request } = outgoing.transaction;
  if (status === 100) return;
  const success = status >= 200 && status < 300;
  if (success && request.method === 'INVITE') {
    if (outgoing.application === null || outgoing.answered) {
      onUnexpectedSuccess(state, outgoing, response, flow);
      return;
    }
    outgoing.answered = true;
  }
  noteInLeg(state, outgoing, response, flow);
  pass(state, outgoing, response, flow);
  if (status >= 200) settle(state, outgoing, status);
}

/** A 2xx for nobody, from another branch of a fork, or again because the ACK was lost or is still to come. */
function onUnexpectedSuccess(state: EdgeState, outgoing: Outgoing, response: SipResponse, flow: Flow): void {
  const { leg, ack, application } = outgoing;
  const isOther = leg?.dialog.remoteTag !== tagOf(firstValue(response, 'to'));
  if (application === null || isOther) acknowledgeAndEnd(state, outgoing, response, flow);
  else if (ack !== null) ack.flow.send(ack.bytes);
}

/** Whether the request was the one that made its leg. */
function isNewLeg({ transaction: { request } }: Outgoing): boolean {
  return tagOf(firstValue(request, 'to')) === '';
}

/** What a response makes of the leg: it begins, is confirmed, or has a new target. */
function noteInLeg(state: EdgeState, outgoing: Outgoing, response: SipResponse, flow: Flow): void {
  const { request } = outgoing.transaction;
  const success = response.status >= 200 && response.status < 300;
  const tag = tagOf(firstValue(response, 'to'));
  if (!isNewLeg(outgoing)) {
    if (success && outgoing.leg !== null) {
      state.legs.setDialog(outgoing.leg, afterSuccess(outgoing.leg.dialog, request.method, response));
    }
    return;
  }
  if (!MAKES_LEG.has(request.method) || outgoing.application === null || tag === '' || response.status >= 300) return;
  const fresh = dialogAsClient(request, response);
  if (outgoing.leg === null) {
    const leg: Leg = {
      id: dialogId(request),
      application: outgoing.application,
      isSubscription: request.method === 'SUBSCRIBE',
      dialog: fresh,
      confirmed: success,
      flow,
      reroute: rerouteOf(request, response, flow),
      incomingInvite: null,
      outgoingInvite: request.method === 'INVITE' ? outgoing : null,
      unacknowledged: null,
    };
    outgoing.leg = leg;
    state.legs.add(leg);
    return;
  }
  const { leg } = outgoing;
  // A PRACK may have counted on since; the routes and the target are those of the 2xx (RFC 3261 section 13.2.2.4).
  const localSequence = Math.max(leg.dialog.localSequence, fresh.localSequence);
  const { remoteSequence } = leg.dialog;
  state.legs.setDialog(leg, { ...fresh, target: fresh.target ?? leg.dialog.target, localSequence, remoteSequence });
  leg.confirmed ||= success;
  leg.flow = flow;
  leg.reroute = rerouteOf(request, response, flow);
}

/** A called party whose Contact is another host than the one it was heard from, and no proxy between, is behind NAT. */
function rerouteOf(request: SipRequest, response: SipResponse, flow: Flow): Place | null {
  const uri = parseSipUri(contactUri(response) ?? '');
  if (request.method !== 'INVITE' || uri === null || firstValue(response, 'record-route') !== undefined) return null;
  return uri.host === flow.remote.address ? null : flow.remote;
}

function pass(state: EdgeState, outgoing: Outgoing, response: SipResponse, flow: Flow): void {
  const { application, transactionId } = outgoing;
  if (application === null) return;
  deliver(state, { application, transactionId, dialogId: nameOf(outgoing) }, response, flow);
}

/** The dialog id that goes with responses: that of the leg, or the one an INVITE or SUBSCRIBE would make. */
function nameOf({ leg, transaction: { request } }: Outgoing): string {
  return leg?.id ?? (MAKES_LEG.has(request.method) ? dialogId(request) : '');
}

/** What a final response ends: a leg that was not made, or one that its BYE has closed. */
function settle(state: EdgeState, outgoing: Outgoing, status: number): void {
  const { leg, transaction } = outgoing;
  const { method } = transaction.request;
  if (leg === null) return;
  if (isNewLeg(outgoing) && status >= 300 && !leg.confirmed) state.legs.remove(leg);
  // After a challenge the application sends its BYE again, with credentials.
  const challenged = status === 401 || status === 407;
  if (method === 'BYE' && !challenged) state.legs.remove(leg);
  const ended = /^terminated/i.test(firstValue(transaction.request, 'subscription-state') ?? '');
  if (leg.isSubscription && method === 'NOTIFY' && ended) state.legs.remove(leg);
}

function onFailure(state: EdgeState, outgoing: Outgoing, status: 408 | 503): void {
  state.options.log.info('a request came to nothing', {
    call_id: firstValue(outgoing.transaction.request, 'call-id'),
    method: outgoing.transaction.request.method,
    status,
  });
  deliverFailure(state, outgoing, nameOf(outgoing), status);
  settle(state, outgoing, status);
}
