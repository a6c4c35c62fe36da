import { type MachineContext, type ServerEvent, type Step, send, start, stay, stop, tell } from './machine.ts';
import { giveUpMs, nextInterval } from './timers.ts';

/** The states of an INVITE server transaction (RFC 3261 section 17.2.1, with Accepted of RFC 6026 section 7.1). */
export type InviteServerState =
  | { readonly name: 'proceeding'; readonly responded: boolean }
  | { readonly name: 'accepted' }
  | { readonly name: 'completed'; readonly intervalMs: number }
  | { readonly name: 'confirmed' }
  | { readonly name: 'terminated' };

/** The state before any response, the 100 included. */
export const newInviteServer: InviteServerState = { name: 'proceeding', responded: false };

const terminated: InviteServerState = { name: 'terminated' };

/** One step of an INVITE server transaction. */
export function stepInviteServer(
  state: InviteServerState,
  event: ServerEvent,
  { timers, reliable }: MachineContext,
): Step<InviteServerState> {
  switch (state.name) {
    case 'proceeding':
      if (event.type === 'request') return { state, effects: state.responded ? [send('response')] : [] };
      if (event.type === 'transport_error') return { state: terminated, effects: [tell('transport_error')] };
      if (event.type !== 'respond') return stay(state);
      if (event.status < 200) return { state: { name: 'proceeding', responded: true }, effects: [send('response')] };
      if (event.status < 300) {
        // RFC 6026 section 7.1: it stays to absorb retransmissions; the 2xx is retransmitted by its user.
        return { state: { name: 'accepted' }, effects: [send('response'), start('L', giveUpMs(timers))] };
      }
      return {
        state: { name: 'completed', intervalMs: timers.t1Ms },
        effects: [send('response'), ...(reliable ? [] : [start('G', timers.t1Ms)]), start('H', giveUpMs(timers))],
      };
    case 'accepted':
      if (event.type === 'respond') return { state, effects: [send('response')] };
      if (event.type === 'ack') return { state, effects: [tell('ack')] };
      return event.type === 'timer' && event.timer === 'L' ? { state: terminated, effects: [] } : stay(state);
    case 'completed':
      switch (event.type) {
        case 'request':
          return { state, effects: [send('response')] };
        case 'ack':
          // "Timer I is set to fire in T4 seconds for unreliable transports, and zero seconds for reliable transports."
          return reliable
            ? { state: terminated, effects: stop('G', 'H') }
            : { state: { name: 'confirmed' }, effects: [...stop('G', 'H'), start('I', timers.t4Ms)] };
        case 'timer': {
          if (event.timer === 'H') return { state: terminated, effects: [] };
          if (event.timer !== 'G') return stay(state);
          const intervalMs = nextInterval(state.intervalMs, timers);
          return { state: { name: 'completed', intervalMs }, effects: [send('response'), start('G', intervalMs)] };
        }
        case 'transport_error':
          return { state: terminated, effects: [] };
        case 'respond':
        case 'abandon':
          return stay(state);
      }
      break;
    case 'confirmed':
      return event.type === 'timer' && event.timer === 'I' ? { state: terminated, effects: [] } : stay(state);
    case 'terminated':
      return stay(state);
  }
}
