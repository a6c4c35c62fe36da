import { createApplications } from './applications.ts';
import { createIncoming } from './incoming.ts';
import { createLegs } from './legs.ts';
import { createNetwork } from './network.ts';
import type { ResolvedOptions } from './options.ts';
import { createReceiver, responseFlow } from './receive.ts';
import type { EdgeState } from './state.ts';
import { createTransactions } from './transactions.ts';
import type { Place, Transport, TransportEvents } from './transport/flow.ts';

/**
 * Joins all of the edge but its sockets: `createTransports` is given what the transports are to tell, `place` is where they
 * listen. Tests give it other transports.
 */
export function createCore(
  options: ResolvedOptions,
  place: () => Place,
  createTransports: (events: TransportEvents) => readonly Transport[],
): EdgeState {
  // The parts know each other: what they are told comes later than this function's end.
  const getState = () => state;
  const state: EdgeState = {
    options,
    applications: createApplications(),
    network: createNetwork(createTransports(createReceiver(getState)), place),
    transactions: createTransactions({
      clock: options.clock,
      timers: options.timers,
      log: options.log,
      responseFlow: (request, flow) => responseFlow(getState(), request, flow),
      handlers: createIncoming(getState),
    }),
    legs: createLegs(),
    incoming: new Map(),
    incomingOf: new Map(),
    outgoing: new Map(),
  };
  return state;
}
