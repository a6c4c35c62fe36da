import { findDestination } from './destination.ts';
import { requestInDialog } from './sip/dialog.ts';
import { header, type SipHeader, type SipRequest } from './sip/message.ts';
import { sentBy } from './sip/via.ts';
import type { EdgeState, Leg } from './state.ts';
import type { Flow } from './transport/flow.ts';

/** A request that is ready to be sent, and over which flow; or why it can't be. */
export type ReadyRequest = { readonly request: SipRequest; readonly flow: Flow } | { readonly refused: string };

/** What of a request within a dialog is not the dialog's to decide. */
export interface LegRequestParts {
  readonly method: string;
  readonly sequence: number;
  /** Replaces the other side's Contact as the Request-URI where the application gave one. */
  readonly uri?: string;
  readonly headers?: readonly SipHeader[];
  readonly body?: string;
}

/** The Via of a request that leaves over a flow, with a new branch; it asks for the port it is seen from (RFC 3581). */
export function ownVia(state: EdgeState, flow: Flow): SipHeader {
  const { address, port } = flow.local;
  const place = sentBy({ host: address, port });
  const rport = flow.protocol === 'udp' ? ';rport' : '';
  return header('Via', `SIP/2.0/${flow.protocol.toUpperCase()} ${place}${rport};branch=${state.options.ids.branch()}`);
}

/** Builds a request within a dialog and finds its way: the open TCP connection, where the other side was heard from, or its route. */
export function legRequest(state: EdgeState, leg: Leg, parts: LegRequestParts): ReadyRequest {
  const { method, sequence, headers = [], body = '' } = parts;
  const decided = requestInDialog(leg.dialog, method, sequence);
  if (decided === null) {
    return { refused: `unable to find route when sending request inside dialog for dialog id ${leg.id}` };
  }
  const flow = wayOf(state, leg, decided.nextHop);
  if ('refused' in flow) return flow;
  const hasMaxForwards = headers.some(({ key }) => key === 'max-forwards');
  const request: SipRequest = {
    kind: 'request',
    method,
    uri: parts.uri ?? decided.uri,
    headers: [
      ownVia(state, flow),
      ...(hasMaxForwards ? [] : [header('Max-Forwards', '70')]),
      ...decided.headers,
      ...headers,
    ],
    body,
  };
  return { request, flow };
}

function wayOf(state: EdgeState, leg: Leg, nextHop: string): Flow | { readonly refused: string } {
  if (leg.flow.protocol === 'tcp' && leg.flow.isOpen()) return leg.flow;
  if (leg.reroute !== null) return state.network.flowTo({ protocol: leg.flow.protocol, ...leg.reroute });
  const destination = findDestination(nextHop, state.network.transports);
  return 'refused' in destination ? destination : state.network.flowTo(destination);
}
