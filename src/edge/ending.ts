import { deliverUnsolicited } from './deliver.ts';
import { legRequest } from './leg-requests.ts';
import { dialogAsClient, requestInDialog } from './sip/dialog.ts';
import { header, type SipResponse, serialize } from './sip/message.ts';
import type { EdgeState, Leg, Outgoing } from './state.ts';
import type { Flow } from './transport/flow.ts';

const ignored = { onResponse() {}, onFailure() {} };

/** Ends a dialog by a BYE of the edge's own, and tells the application; `text` goes into its Reason (RFC 3326). */
export function endWithBye(state: EdgeState, leg: Leg, text: string): void {
  const sequence = leg.dialog.localSequence + 1;
  const reason = header('Reason', `SIP;cause=200;text="${text}"`);
  const ready = legRequest(state, leg, { method: 'BYE', sequence, headers: [reason] });
  state.legs.remove(leg);
  state.options.log.notice('dialog ended by the edge', { call_id: leg.dialog.callId, reason: text });
  if ('refused' in ready) {
    state.options.log.warning('no BYE sent', { call_id: leg.dialog.callId, reason: ready.refused });
    return;
  }
  state.transactions.send(ready.request, ready.flow, ignored);
  deliverUnsolicited(state, leg, serialize(ready.request), ready.flow);
}

/**
 * Acknowledges a 2xx to an INVITE that nobody wants, from another branch of a fork or for an application that has left, and
 * ends its dialog at once (RFC 3261 section 13.2.2.4).
 */
export function acknowledgeAndEnd(state: EdgeState, outgoing: Outgoing, response: SipResponse, flow: Flow): void {
  const dialog = dialogAsClient(outgoing.transaction.request, response);
  const leg = {
    id: '',
    application: { say() {} },
    isSubscription: false,
    dialog,
    confirmed: true,
    flow,
    reroute: null,
    incomingInvite: null,
    outgoingInvite: null,
    unacknowledged: null,
  };
  if (requestInDialog(dialog, 'ACK', dialog.localSequence) === null) return;
  const ack = legRequest(state, leg, { method: 'ACK', sequence: dialog.localSequence });
  const bye = legRequest(state, leg, { method: 'BYE', sequence: dialog.localSequence + 1 });
  if (!('refused' in ack)) ack.flow.send(serialize(ack.request));
  if (!('refused' in bye)) state.transactions.send(bye.request, bye.flow, ignored);
  state.options.log.notice('unwanted answer ended', { call_id: dialog.callId });
}
