import { type MachineContext, type ServerEvent, type Step, send, start, stay, tell } from './machine.ts';
import { giveUpMs } from './timers.ts';

/** The states of a server transaction for any method but INVITE (RFC 3261 section 17.2.2). */
export type NonInviteServerState =
  | { readonly name: 'trying' }
  | { readonly name: 'proceeding' }
  | { readonly name: 'completed' }
  | { readonly name: 'terminated' };

/** The state before any response. */
export const newNonInviteServer: NonInviteServerState = { name: 'trying' };

/** One step of a server transaction for any method but INVITE. */
export function stepNonInviteServer(
  state: NonInviteServerState,
  event: ServerEvent,
  { timers, reliable }: MachineContext,
): Step<NonInviteServerState> {
  switch (state.name) {
    case 'trying':
    case 'proceeding':
      if (event.type === 'request') return { state, effects: state.name === 'proceeding' ? [send('response')] : [] };
      if (event.type === 'transport_error') {
        return { state: { name: 'terminated' }, effects: [tell('transport_error')] };
      }
      if (event.type === 'abandon') return { state: { name: 'terminated' }, effects: [] };
      if (event.type !== 'respond') return stay(state);
      if (event.status < 200) return { state: { name: 'proceeding' }, effects: [send('response')] };
      // "set Timer J to fire in 64*T1 seconds for unreliable transports, and zero seconds for reliable transports"
      return reliable
        ? { state: { name: 'terminated' }, effects: [send('response')] }
        : { state: { name: 'completed' }, effects: [send('response'), start('J', giveUpMs(timers))] };
    case 'completed':
      if (event.type === 'request') return { state, effects: [send('response')] };
      if (event.type === 'transport_error') return { state: { name: 'terminated' }, effects: [] };
      return event.type === 'timer' && event.timer === 'J'
        ? { state: { name: 'terminated' }, effects: [] }
        : stay(state);
    case 'terminated':
      return stay(state);
  }
}
