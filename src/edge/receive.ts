import { isIP } from 'node:net';
import { firstValue, type SipRequest, serialize } from './sip/message.ts';
import { parseMessage } from './sip/parse.ts';
import { respondTo } from './sip/respond.ts';
import { responsePlace, stampVia, topVia } from './sip/via.ts';
import type { EdgeState } from './state.ts';
import type { Flow, TransportEvents } from './transport/flow.ts';

/** Over which a response goes (RFC 3261 section 18.2.2, RFC 3581 section 4). */
export function responseFlow(state: EdgeState, request: SipRequest, flow: Flow): Flow {
  if (flow.protocol === 'tcp' && flow.isOpen()) return flow;
  const via = topVia(request);
  const place = via === null ? null : responsePlace(via, flow.protocol);
  if (place === null || isIP(place.address) === 0) return flow;
  return state.network.flowTo({ protocol: flow.protocol, ...place });
}

/** Reads what comes from the network: requests and responses go to the transaction layer, the rest is refused or dropped. */
export function createReceiver(getState: () => EdgeState): TransportEvents {
  function refuse(state: EdgeState, request: SipRequest, status: number, reason: string, flow: Flow): void {
    const response = respondTo(request, { status, reason, tag: state.options.ids.tag() });
    responseFlow(state, request, flow).send(serialize(response));
    state.options.log.info('request refused', { method: request.method, status, reason, from: flow.remote.address });
  }

  return {
    onMessage(bytes, flow) {
      const state = getState();
      const { log } = state.options;
      const parsed = parseMessage(bytes);
      if (parsed.kind === 'garbage') {
        return log.info('no SIP, dropped', { reason: parsed.reason, bytes: bytes.length, from: flow.remote.address });
      }
      if (parsed.kind === 'refused') {
        const { status, reason } = parsed.problem;
        return refuse(state, stampVia(parsed.request, flow.remote), status, reason, flow);
      }
      const { message } = parsed;
      const what = message.kind === 'request' ? { method: message.method } : { status: message.status };
      log.debug('received', { ...what, call_id: firstValue(message, 'call-id'), protocol: flow.protocol });
      if (message.kind === 'request') state.transactions.receiveRequest(stampVia(message, flow.remote), flow);
      else state.transactions.receiveResponse(message, flow);
    },
    onBroken(head, why, flow) {
      const state = getState();
      state.options.log.info('connection broken off', { reason: why, from: flow.remote.address });
      const parsed = parseMessage(head);
      const request = parsed.kind === 'refused' ? parsed.request : parsed.kind === 'message' ? parsed.message : null;
      if (request?.kind !== 'request') return;
      const tooLarge = why.startsWith('a message of more');
      const [status, reason] = tooLarge ? [513, 'Message Too Large'] : [400, 'Bad Content-Length Header'];
      refuse(state, stampVia(request, flow.remote), status, reason, flow);
    },
    onFailure(flow, error) {
      const state = getState();
      state.options.log.debug('flow failed', { protocol: flow.protocol, error: error.message });
      state.transactions.flowFailed(flow);
    },
  };
}
