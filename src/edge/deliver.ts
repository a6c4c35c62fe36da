import { type MessageFacts, serverMessages } from './control/server-messages.ts';
import { type SipMessage, type SipResponse, serialize, serializeAsReceived } from './sip/message.ts';
import { reasonPhrase } from './sip/reason-phrases.ts';
import { respondTo } from './sip/respond.ts';
import type { EdgeState, Incoming, Leg, Outgoing } from './state.ts';
import type { Flow, Place } from './transport/flow.ts';

function facts(
  state: EdgeState,
  source: MessageFacts['source'],
  bytes: number,
  flow: Flow,
  place: Place,
): MessageFacts {
  return { source, bytes, protocol: flow.protocol, ...place, atUs: state.options.clock.nowUs() };
}

/** Facts about a message from the network. */
function received(state: EdgeState, raw: string, flow: Flow): MessageFacts {
  return facts(state, 'network', raw.length, flow, flow.remote);
}

/** Gives an application a request that begins something new. */
export function deliverNewRequest(state: EdgeState, incoming: Incoming): void {
  const { request, flow } = incoming.transaction;
  const raw = serializeAsReceived(request);
  const about = received(state, raw, flow);
  const { transactionId, application } = incoming;
  application.say(serverMessages.newRequest(state.options.ids.uuid(), about, transactionId, flow.local, raw));
}

/** Gives an application a request within a dialog, an ACK, a CANCEL or a response. */
export function deliver(
  state: EdgeState,
  to: { readonly application: Incoming['application']; readonly transactionId: string; readonly dialogId: string },
  message: SipMessage,
  flow: Flow,
): void {
  const raw = serializeAsReceived(message);
  const about = received(state, raw, flow);
  to.application.say(serverMessages.sip(state.options.ids.uuid(), about, to.transactionId, to.dialogId, raw));
}

/** Tells an application that its request came to nothing, as a response that no one sent: 408 or 503. */
export function deliverFailure(state: EdgeState, outgoing: Outgoing, dialogId: string, status: 408 | 503): void {
  const { request, flow } = outgoing.transaction;
  const response: SipResponse = respondTo(request, {
    status,
    reason: reasonPhrase(status),
    tag: state.options.ids.tag(),
  });
  const about = facts(state, 'network', 0, flow, { address: '', port: 0 });
  const message = serverMessages.sip(
    state.options.ids.uuid(),
    about,
    outgoing.transactionId,
    dialogId,
    serialize(response),
  );
  outgoing.application?.say(message);
}

/** Tells an application of a request that the edge itself has sent within its dialog. */
export function deliverUnsolicited(state: EdgeState, leg: Leg, raw: string, flow: Flow): void {
  const about = facts(state, 'application', raw.length, flow, flow.local);
  leg.application.say(serverMessages.sip(state.options.ids.uuid(), about, 'unsolicited', leg.id, raw));
}

/** Tells an application what was sent as its response. */
export function confirmResponse(
  state: EdgeState,
  application: Incoming['application'],
  to: string,
  incoming: Incoming,
  dialogId: string,
  raw: string,
): void {
  const { transactionId, transaction } = incoming;
  const about = facts(state, 'application', raw.length, transaction.flow, transaction.flow.remote);
  application.say(serverMessages.responseSent(state.options.ids.uuid(), to, about, transactionId, dialogId, raw));
}

/** What an application is told of its request that was sent. */
export function requestConfirmation(
  state: EdgeState,
  to: string,
  transactionId: string,
  raw: string,
  flow: Flow,
): string {
  const about = facts(state, 'application', raw.length, flow, flow.local);
  return serverMessages.requestSent(state.options.ids.uuid(), to, about, transactionId, raw);
}

/** Tells an application that its message was not sent, and why. */
export function refuseCommand(
  state: EdgeState,
  application: Incoming['application'],
  to: string,
  reason: string,
): void {
  application.say(serverMessages.notSent(state.options.ids.uuid(), to, reason));
}
