import type { Application } from './applications.ts';
import { deliver, deliverNewRequest } from './deliver.ts';
import { tagOf } from './sip/address.ts';
import { afterRequest } from './sip/dialog.ts';
import { dialogId } from './sip/identify.ts';
import { firstValue, header, type SipHeader, type SipRequest } from './sip/message.ts';
import { parseCSeq } from './sip/problems.ts';
import { respondTo } from './sip/respond.ts';
import type { EdgeState, Incoming, Leg } from './state.ts';
import { giveUpMs } from './transaction/timers.ts';
import type { ServerHandlers, ServerTransaction } from './transactions.ts';
import type { Flow } from './transport/flow.ts';

/** Requests that mean nothing without their dialog; the others are taken for new ones, as drachtio-server does. */
const NEEDS_DIALOG = new Set(['INVITE', 'BYE', 'UPDATE', 'PRACK', 'REFER']);
/** Requests that can only belong to a dialog, even without a To tag. */
const ALWAYS_NEEDS_DIALOG = new Set(['BYE', 'UPDATE', 'PRACK']);
/** Requests that have a meaning before the call is answered. */
const MEANT_EARLY = new Set(['PRACK', 'UPDATE']);

/** Takes requests from the network to their applications, and answers those that have none. */
export function createIncoming(getState: () => EdgeState): ServerHandlers {
  return {
    onRequest: (transaction) => onRequest(getState(), transaction),
    onAck: (ack, flow) => onAck(getState(), ack, flow),
    onCancel: (cancel, invite) => onCancel(getState(), cancel, invite),
    onLost(transaction) {
      const state = getState();
      const incoming = state.incomingOf.get(transaction);
      if (incoming) forget(state, incoming);
      const callId = firstValue(transaction.request, 'call-id');
      state.options.log.warning('a response could not be sent', {
        call_id: callId,
        method: transaction.request.method,
      });
    },
  };
}

function onRequest(state: EdgeState, transaction: ServerTransaction): void {
  const { request } = transaction;
  const leg = state.legs.ofRequest(request);
  const isMeant = leg?.confirmed || MEANT_EARLY.has(request.method) || request.method === 'BYE';
  const status = leg && isMeant ? refusalInLeg(leg, request) : refusalOfNew(state, request);
  if (status !== null) {
    const headers = status === 500 ? [header('Retry-After', '2')] : [];
    reject(state, transaction, status, headers);
  } else if (leg && isMeant) {
    takeInLeg(state, leg, transaction);
  } else {
    takeNew(state, transaction);
  }
}

/** With which status a request outside the known dialogs is refused before any application sees it; null for none. */
function refusalOfNew(state: EdgeState, request: SipRequest): number | null {
  const { method } = request;
  const hasTag = tagOf(firstValue(request, 'to')) !== '';
  if (hasTag ? NEEDS_DIALOG.has(method) : ALWAYS_NEEDS_DIALOG.has(method)) return 481;
  // OPTIONS may be answered by whoever it ends at (RFC 3261 section 16.3, step 3).
  if (Number(firstValue(request, 'max-forwards') ?? '70') === 0 && method !== 'OPTIONS') return 483;
  // The same INVITE over another way (RFC 3261 section 8.2.2.2); the protocol could not tell the two apart either.
  return method === 'INVITE' && isKnownInvite(state, request) ? 482 : null;
}

function takeNew(state: EdgeState, transaction: ServerTransaction): void {
  const { request } = transaction;
  const application = state.applications.choose(request.method.toLowerCase());
  if (application === undefined) {
    state.options.log.info('no application wants this', { method: request.method });
    reject(state, transaction, 503);
    return;
  }
  const incoming = track(state, transaction, application, null);
  if (request.method === 'INVITE') transaction.respond(respondTo(request, { status: 100, tag: '' }));
  deliverNewRequest(state, incoming);
}

function isKnownInvite(state: EdgeState, request: SipRequest): boolean {
  const id = dialogId(request);
  if (state.legs.byId(id) !== undefined) return true;
  for (const { transaction } of state.incoming.values()) {
    if (transaction.request.method === 'INVITE' && dialogId(transaction.request) === id) return true;
  }
  return false;
}

/** With which status a request within a dialog is refused before its application sees it; null for none. */
function refusalInLeg(leg: Leg, request: SipRequest): number | null {
  const { method } = request;
  if (method === 'BYE' && !leg.confirmed) return 481;
  if (method === 'PRACK' && !isExpectedPrack(leg, request)) return 481;
  if (afterRequest(leg.dialog, request) === null) return 500;
  if (method !== 'INVITE') return null;
  // RFC 3261 section 14.2: one INVITE at a time in each direction.
  if (leg.incomingInvite !== null) return 500;
  return leg.outgoingInvite?.transaction.isPending() ? 491 : null;
}

function takeInLeg(state: EdgeState, leg: Leg, transaction: ServerTransaction): void {
  const { request, flow } = transaction;
  const { method } = request;
  state.legs.setDialog(leg, afterRequest(leg.dialog, request) ?? leg.dialog);
  if (flow.protocol === leg.flow.protocol) leg.flow = flow;
  const incoming = track(state, transaction, leg.application, leg);
  if (method === 'INVITE') {
    leg.incomingInvite = incoming;
    transaction.respond(respondTo(request, { status: 100, tag: '' }));
  }
  if (method === 'PRACK' && leg.incomingInvite) stopReliable(leg.incomingInvite);
  if (method === 'BYE' || (leg.isSubscription && endsSubscription(request))) state.legs.remove(leg);
  const to = { application: leg.application, transactionId: incoming.transactionId, dialogId: leg.id };
  deliver(state, to, request, flow);
}

/** Whether a PRACK is for the reliable response that waits for it (RFC 3262 section 3). */
function isExpectedPrack(leg: Leg, prack: SipRequest): boolean {
  const invite = leg.incomingInvite;
  if (!invite?.reliable) return false;
  const sequence = parseCSeq(firstValue(invite.transaction.request, 'cseq'))?.number;
  const acknowledged = (firstValue(prack, 'rack') ?? '').split(/\s+/).join(' ');
  return acknowledged === `${invite.reliable.sequence} ${sequence} INVITE`;
}

function stopReliable(incoming: Incoming): void {
  incoming.reliable?.stop();
  incoming.reliable = null;
}

function endsSubscription(request: SipRequest): boolean {
  return request.method === 'NOTIFY' && /^terminated/i.test(firstValue(request, 'subscription-state') ?? '');
}

function onAck(state: EdgeState, ack: SipRequest, flow: Flow): void {
  const leg = state.legs.ofRequest(ack);
  const waiting = leg?.unacknowledged;
  // Each repetition of the 2xx brings another ACK; the application gets the first.
  if (!leg || !waiting || parseCSeq(firstValue(ack, 'cseq'))?.number !== waiting.sequence) return;
  waiting.stop();
  leg.unacknowledged = null;
  const to = { application: leg.application, transactionId: waiting.transactionId, dialogId: leg.id };
  deliver(state, to, ack, flow);
}

function onCancel(state: EdgeState, cancel: ServerTransaction, invite: ServerTransaction | null): void {
  const incoming = invite === null ? undefined : state.incomingOf.get(invite);
  if (invite === null) {
    reject(state, cancel, 481);
    return;
  }
  // RFC 3261 section 9.2: 200 in any case, and nothing more where the INVITE has its final response.
  const tag = incoming?.localTag ?? state.options.ids.tag();
  cancel.respond(respondTo(cancel.request, { status: 200, tag }));
  if (incoming === undefined || invite.isAnswered()) return;
  invite.respond(respondTo(invite.request, { status: 487, tag }));
  const { application, transactionId, leg } = incoming;
  forget(state, incoming);
  deliver(state, { application, transactionId, dialogId: leg?.id ?? '' }, cancel.request, cancel.flow);
}

function reject(state: EdgeState, transaction: ServerTransaction, status: number, headers: SipHeader[] = []): void {
  transaction.respond(respondTo(transaction.request, { status, tag: state.options.ids.tag(), headers }));
}

/** Gives a request a name, under which the application will answer it, and bounds how long that may take. */
function track(state: EdgeState, transaction: ServerTransaction, application: Application, leg: Leg | null): Incoming {
  const { clock, ids, answerMs, timers, log } = state.options;
  const isInvite = transaction.request.method === 'INVITE';
  const incoming: Incoming = {
    transactionId: ids.uuid(),
    application,
    transaction,
    localTag: leg?.dialog.localTag ?? ids.tag(),
    leg,
    reliable: null,
    reliableSequence: null,
    stopWaiting: clock.after(isInvite ? answerMs : giveUpMs(timers), () => {
      log.warning('the application has not answered', {
        call_id: firstValue(transaction.request, 'call-id'),
        method: transaction.request.method,
      });
      forget(state, incoming);
      // Of other requests, the sender has given up by now (timer F).
      if (isInvite) reject(state, transaction, 408);
      else transaction.abandon();
    }),
  };
  state.incoming.set(incoming.transactionId, incoming);
  state.incomingOf.set(transaction, incoming);
  return incoming;
}

/** Takes a request that has its final response out, and the dialog that it did not come to make. */
export function forget(state: EdgeState, incoming: Incoming): void {
  incoming.stopWaiting();
  stopReliable(incoming);
  state.incoming.delete(incoming.transactionId);
  state.incomingOf.delete(incoming.transaction);
  const { leg } = incoming;
  if (leg === null) return;
  if (leg.incomingInvite === incoming) leg.incomingInvite = null;
  if (!leg.confirmed && incoming.transaction.request.method === 'INVITE') state.legs.remove(leg);
}

/**
 * An application has gone: what waits for it gets 503, and its dialogs are no longer known, so that a BYE gets 481. For as
 * long as a transaction lasts it may come back and end them.
 */
export function applicationLeft(state: EdgeState, application: Application): void {
  for (const incoming of [...state.incoming.values()]) {
    if (incoming.application !== application) continue;
    forget(state, incoming);
    reject(state, incoming.transaction, 503);
  }
  for (const outgoing of [...state.outgoing.values()]) {
    if (outgoing.application !== application) continue;
    outgoing.application = null;
    if (outgoing.transaction.request.method === 'INVITE' && outgoing.transaction.isPending()) {
      outgoing.transaction.cancel([]);
    }
  }
  const { clock, timers } = state.options;
  for (const leg of state.legs.all()) {
    if (leg.application !== application) continue;
    state.legs.hide(leg);
    clock.after(giveUpMs(timers), () => state.legs.remove(leg));
  }
}
