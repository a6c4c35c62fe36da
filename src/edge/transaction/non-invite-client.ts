import { type ClientEvent, type MachineContext, type Step, send, start, stay, stop, tell } from './machine.ts';
import { giveUpMs, nextInterval } from './timers.ts';

/** The states of a client transaction for any method but INVITE (RFC 3261 section 17.1.2.2). */
export type NonInviteClientState =
  | { readonly name: 'trying'; readonly intervalMs: number }
  | { readonly name: 'proceeding' }
  | { readonly name: 'completed' }
  | { readonly name: 'terminated' };

/** The state before `start`. */
export function newNonInviteClient({ timers }: MachineContext): NonInviteClientState {
  return { name: 'trying', intervalMs: timers.t1Ms };
}

/** One step of a client transaction for any method but INVITE. */
export function stepNonInviteClient(
  state: NonInviteClientState,
  event: ClientEvent,
  { timers, reliable }: MachineContext,
): Step<NonInviteClientState> {
  switch (state.name) {
    case 'trying':
    case 'proceeding':
      switch (event.type) {
        case 'start': {
          const resend = reliable ? [] : [start('E', timers.t1Ms)];
          return { state, effects: [send('request'), ...resend, start('F', giveUpMs(timers))] };
        }
        case 'response': {
          if (event.status < 200) {
            // "If timer E fires in the Proceeding state, [it] MUST be reset with a value of T2 seconds."
            return { state: { name: 'proceeding' }, effects: [tell('response')] };
          }
          const effects = [...stop('E', 'F'), tell('response')];
          return reliable
            ? { state: { name: 'terminated' }, effects }
            : { state: { name: 'completed' }, effects: [...effects, start('K', timers.t4Ms)] };
        }
        case 'timer':
          if (event.timer === 'F') return { state: { name: 'terminated' }, effects: [tell('timeout')] };
          if (event.timer === 'E') {
            const intervalMs = state.name === 'trying' ? nextInterval(state.intervalMs, timers) : timers.t2Ms;
            const after: NonInviteClientState = state.name === 'trying' ? { name: 'trying', intervalMs } : state;
            return { state: after, effects: [send('request'), start('E', intervalMs)] };
          }
          return stay(state);
        case 'transport_error':
          return { state: { name: 'terminated' }, effects: [tell('transport_error')] };
        case 'cancelled':
          return stay(state);
      }
      break;
    case 'completed':
      return event.type === 'timer' && event.timer === 'K'
        ? { state: { name: 'terminated' }, effects: [] }
        : stay(state);
    case 'terminated':
      return stay(state);
  }
}
