import type { Clock } from './clock.ts';
import type { Log } from './log.ts';
import { ackForFailure, cancelFor } from './sip/hop-requests.ts';
import { clientTransactionKey, serverTransactionKey } from './sip/identify.ts';
import { type SipHeader, type SipRequest, type SipResponse, serialize } from './sip/message.ts';
import { newInviteClient, stepInviteClient } from './transaction/invite-client.ts';
import { newInviteServer, stepInviteServer } from './transaction/invite-server.ts';
import type { ClientEvent, ServerEvent, TimerName } from './transaction/machine.ts';
import { newNonInviteClient, stepNonInviteClient } from './transaction/non-invite-client.ts';
import { newNonInviteServer, stepNonInviteServer } from './transaction/non-invite-server.ts';
import { type RunningMachine, runMachine } from './transaction/run.ts';
import type { TimerBase } from './transaction/timers.ts';
import type { Flow } from './transport/flow.ts';

/** A request from the network, as long as it or its answer may be repeated. */
export interface ServerTransaction {
  readonly request: SipRequest;
  /** Over which the request came. */
  readonly flow: Flow;
  /** Sends a response and returns its bytes. Nothing is sent after a final response, except a 2xx to an INVITE again. */
  respond(response: SipResponse): string;
  /** Whether a final response has been sent. */
  isAnswered(): boolean;
  /** Ends a request other than INVITE that nobody will answer: a 408 for it is of no use to anybody (RFC 4320). */
  abandon(): void;
}

/** A request of the edge, as long as a response may come. */
export interface ClientTransaction {
  readonly request: SipRequest;
  readonly flow: Flow;
  /** Sends CANCEL, as soon as there is a provisional response (RFC 3261 section 9.1); returns it. */
  cancel(headers: readonly SipHeader[]): SipRequest;
  /** Whether no final response has come. */
  isPending(): boolean;
}

/** What the user of a client transaction is told. */
export interface ClientHandlers {
  /** Each provisional and the final response; a 2xx to an INVITE each time it comes. */
  onResponse(response: SipResponse, flow: Flow): void;
  onFailure(why: 'timeout' | 'transport_error'): void;
  /** Nothing more comes. */
  onEnd?(): void;
}

/** What the user of server transactions is told. */
export interface ServerHandlers {
  /** A new request that is neither ACK nor CANCEL. */
  onRequest(transaction: ServerTransaction): void;
  /** An ACK to a 2xx, or to nothing that is known. */
  onAck(ack: SipRequest, flow: Flow): void;
  /** `invite` is null where nothing is left to be cancelled. */
  onCancel(cancel: ServerTransaction, invite: ServerTransaction | null): void;
  /** A response could not be sent, and the transaction is over. */
  onLost(transaction: ServerTransaction): void;
}

/** The transaction layer (RFC 3261 section 17). */
export interface Transactions {
  receiveRequest(request: SipRequest, flow: Flow): void;
  receiveResponse(response: SipResponse, flow: Flow): void;
  /** Sends a request, whose Via is complete, and its repetitions. */
  send(request: SipRequest, flow: Flow, handlers: ClientHandlers): ClientTransaction;
  /** A message could not be sent over this flow. */
  flowFailed(flow: Flow): void;
  /** How many transactions there are. */
  size(): { readonly server: number; readonly client: number };
}

/** What the layer works with. */
export interface TransactionsSetup {
  readonly clock: Clock;
  readonly timers: TimerBase;
  readonly log: Log;
  /** Over which a response goes: where the request came from, or where its Via points if that connection is gone. */
  readonly responseFlow: (request: SipRequest, flow: Flow) => Flow;
  readonly handlers: ServerHandlers;
}

interface Server extends ServerTransaction {
  feed(event: ServerEvent, ack?: { readonly request: SipRequest; readonly flow: Flow }): void;
  sentOver(): Flow | null;
}

interface Client extends ClientTransaction {
  feed(event: ClientEvent): void;
  receive(response: SipResponse, flow: Flow): void;
}

/** Against floods: beyond it, new requests are dropped until older ones have ended. */
const MAX_TRANSACTIONS = 50_000;

const timerEvent = (timer: TimerName) => ({ type: 'timer', timer }) as const;

/** Creates the transaction layer. */
export function createTransactions(setup: TransactionsSetup): Transactions {
  const { clock, timers, log, handlers } = setup;
  const servers = new Map<string, Server>();
  const clients = new Map<string, Client>();
  const after = clock.after;

  function openServer(key: string, request: SipRequest, flow: Flow): Server {
    let last = '';
    let sentOver: Flow | null = null;
    let answered = false;
    let ack: { readonly request: SipRequest; readonly flow: Flow } | null = null;
    const common = {
      context: { timers, reliable: flow.protocol === 'tcp' },
      after,
      timerEvent,
      perform(effect: { do: 'send' } | { do: 'tell'; of: string }) {
        if (effect.do === 'send') {
          sentOver = setup.responseFlow(request, flow);
          sentOver.send(last);
        } else if (effect.of === 'ack' && ack !== null) {
          handlers.onAck(ack.request, ack.flow);
        } else if (effect.of === 'transport_error') {
          handlers.onLost(server);
        }
      },
      onEnd: () => void servers.delete(key),
    };
    const machine: RunningMachine<{ readonly name: string }, ServerEvent> =
      request.method === 'INVITE'
        ? runMachine({ ...common, initial: newInviteServer, step: stepInviteServer })
        : runMachine({ ...common, initial: newNonInviteServer, step: stepNonInviteServer });
    const server: Server = {
      request,
      flow,
      sentOver: () => sentOver,
      isAnswered: () => answered,
      abandon: () => machine.feed({ type: 'abandon' }),
      feed(event, withAck) {
        ack = withAck ?? null;
        machine.feed(event);
      },
      respond(response) {
        if (answered && machine.state().name !== 'accepted') return last;
        last = serialize(response);
        answered ||= response.status >= 200;
        machine.feed({ type: 'respond', status: response.status });
        return last;
      },
    };
    servers.set(key, server);
    return server;
  }

  function openClient(request: SipRequest, flow: Flow, told: ClientHandlers): Client {
    const key = clientTransactionKey(request);
    const bytes = serialize(request);
    let latest: { readonly response: SipResponse; readonly flow: Flow } | null = null;
    let provisional = false;
    let pending = true;
    let cancel: SipRequest | null = null;
    let cancelSent = false;
    const common = {
      context: { timers, reliable: flow.protocol === 'tcp' },
      after,
      timerEvent,
      perform(effect: { do: 'send'; what: string } | { do: 'tell'; of: string }) {
        if (effect.do === 'send') {
          if (effect.what === 'request') flow.send(bytes);
          else if (latest !== null) flow.send(serialize(ackForFailure(request, latest.response)));
        } else if (effect.of === 'response' && latest !== null) {
          told.onResponse(latest.response, latest.flow);
        } else if (effect.of === 'timeout' || effect.of === 'transport_error') {
          pending = false;
          told.onFailure(effect.of);
        }
      },
      onEnd() {
        if (clients.get(key) === client) clients.delete(key);
        told.onEnd?.();
      },
    };
    const machine: RunningMachine<{ readonly name: string }, ClientEvent> =
      request.method === 'INVITE'
        ? runMachine({ ...common, initial: newInviteClient(common.context), step: stepInviteClient })
        : runMachine({ ...common, initial: newNonInviteClient(common.context), step: stepNonInviteClient });

    function sendCancel(): void {
      if (cancel === null || cancelSent || !provisional || !pending) return;
      cancelSent = true;
      openClient(cancel, flow, { onResponse() {}, onFailure() {} }).feed({ type: 'start' });
      machine.feed({ type: 'cancelled' });
    }

    const client: Client = {
      request,
      flow,
      isPending: () => pending,
      feed: machine.feed,
      receive(response, over) {
        latest = { response, flow: over };
        if (response.status < 200) provisional = true;
        else pending = false;
        machine.feed({ type: 'response', status: response.status });
        sendCancel();
      },
      cancel(headers) {
        cancel ??= cancelFor(request, headers);
        sendCancel();
        return cancel;
      },
    };
    clients.set(key, client);
    return client;
  }

  return {
    receiveRequest(request, flow) {
      const isAck = request.method === 'ACK';
      const key = serverTransactionKey(request, isAck ? 'INVITE' : request.method);
      const known = servers.get(key);
      if (isAck) {
        if (known) known.feed({ type: 'ack' }, { request, flow });
        else handlers.onAck(request, flow);
        return;
      }
      if (known) return known.feed({ type: 'request' });
      if (servers.size >= MAX_TRANSACTIONS) {
        return log.warning('request dropped: too many transactions', { method: request.method });
      }
      const server = openServer(key, request, flow);
      if (request.method !== 'CANCEL') return handlers.onRequest(server);
      handlers.onCancel(server, servers.get(serverTransactionKey(request, 'INVITE')) ?? null);
    },
    receiveResponse(response, flow) {
      const client = clients.get(clientTransactionKey(response));
      if (client) client.receive(response, flow);
      else log.debug('response dropped: it answers nothing', { status: response.status });
    },
    send(request, flow, told) {
      const client = openClient(request, flow, told);
      client.feed({ type: 'start' });
      return client;
    },
    flowFailed(flow) {
      for (const client of [...clients.values()]) if (client.flow === flow) client.feed({ type: 'transport_error' });
      for (const server of [...servers.values()]) {
        // A caller may come back for the answer over another connection, so only what was not delivered ends here.
        const lost = server.sentOver() === flow && (flow.protocol === 'udp' || server.isAnswered());
        if (lost) server.feed({ type: 'transport_error' });
      }
    },
    size: () => ({ server: servers.size, client: clients.size }),
  };
}
