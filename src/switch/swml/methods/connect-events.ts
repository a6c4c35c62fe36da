import { randomUUID } from 'node:crypto';
import type { CallPort, ConnectedPeer } from '../call-port.ts';

/** The calling.call.connect events of one connect, for its status_url: in the order in which they happen. */
export const createConnectEvents = (call: CallPort, statusUrl: string | undefined) => {
  const id = randomUUID();
  let last: { readonly state: string; readonly details: Record<string, unknown> } | undefined;
  const tell = (state: string, details: Record<string, unknown> = {}): void => {
    const after = last === undefined ? {} : { after: last.state };
    last = { state, details };
    if (statusUrl === undefined) return;
    call.tell(statusUrl, { type: 'connect', id, state, ...after, details: { connect_state: state, ...details } });
  };
  return {
    connecting: () => tell('connecting'),
    connected: (peer: ConnectedPeer) => tell('connected', { peer: describePeer(call, peer) }),
    /** @param reason why there is no connection, where there was none */
    over: (reason: string) =>
      last?.state === 'connected' ? tell('disconnected', last.details) : tell('failed', { failed_reason: reason }),
  };
};

const describePeer = ({ facts }: CallPort, { id, to, from = facts.from }: ConnectedPeer): Record<string, unknown> => ({
  call_id: id,
  node_id: facts.node_id,
  device: /^sips?:/i.test(to)
    ? { type: 'sip', params: { to, from } }
    : { type: 'phone', params: { to_number: to, from_number: from } },
});
