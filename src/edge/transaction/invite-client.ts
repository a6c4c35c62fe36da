import { type ClientEvent, type MachineContext, type Step, send, start, stay, stop, tell } from './machine.ts';
import { giveUpMs } from './timers.ts';

/** The states of an INVITE client transaction (RFC 3261 section 17.1.1.2, with Accepted of RFC 6026 section 8.4). */
export type InviteClientState =
  | { readonly name: 'calling'; readonly intervalMs: number }
  | { readonly name: 'proceeding' }
  | { readonly name: 'accepted' }
  | { readonly name: 'completed' }
  | { readonly name: 'terminated' };

/** The state before `start`. */
export function newInviteClient({ timers }: MachineContext): InviteClientState {
  return { name: 'calling', intervalMs: timers.t1Ms };
}

/** One step of an INVITE client transaction. */
export function stepInviteClient(
  state: InviteClientState,
  event: ClientEvent,
  context: MachineContext,
): Step<InviteClientState> {
  const { timers, reliable } = context;
  switch (state.name) {
    case 'calling':
    case 'proceeding':
      switch (event.type) {
        case 'start': {
          const resend = reliable ? [] : [start('A', timers.t1Ms)];
          return { state, effects: [send('request'), ...resend, start('B', giveUpMs(timers))] };
        }
        case 'response':
          return onResponse(event.status, context);
        case 'timer':
          if (event.timer === 'A' && state.name === 'calling') {
            // "the client transaction MUST retransmit the request [...] and MUST reset the timer with a value of 2*T1"
            const intervalMs = state.intervalMs * 2;
            return { state: { name: 'calling', intervalMs }, effects: [send('request'), start('A', intervalMs)] };
          }
          return event.timer === 'B' || event.timer === 'cancel' ? end('timeout') : stay(state);
        case 'cancelled':
          // Section 9.1: without a final response 64*T1 after the CANCEL, the transaction is destroyed.
          return { state, effects: [start('cancel', giveUpMs(timers))] };
        case 'transport_error':
          return end('transport_error');
      }
      break;
    case 'accepted':
      // RFC 6026 section 8.4: each 2xx goes to the user, who sends the ACK again.
      if (event.type === 'response' && isSuccess(event.status)) return { state, effects: [tell('response')] };
      return event.type === 'timer' && event.timer === 'M'
        ? { state: { name: 'terminated' }, effects: [] }
        : stay(state);
    case 'completed':
      if (event.type === 'response' && event.status >= 300) return { state, effects: [send('ack')] };
      if (event.type === 'transport_error') return { state: { name: 'terminated' }, effects: [] };
      return event.type === 'timer' && event.timer === 'D'
        ? { state: { name: 'terminated' }, effects: [] }
        : stay(state);
    case 'terminated':
      return stay(state);
  }
}

function onResponse(status: number, { timers, reliable }: MachineContext): Step<InviteClientState> {
  const ends = stop('A', 'B');
  if (status < 200) return { state: { name: 'proceeding' }, effects: [...ends, tell('response')] };
  if (isSuccess(status)) {
    const effects = [...ends, ...stop('cancel'), start('M', giveUpMs(timers)), tell('response')];
    return { state: { name: 'accepted' }, effects };
  }
  const effects = [...ends, ...stop('cancel'), send('ack'), tell('response')];
  // Timer D is "at least 32 seconds for unreliable transports, and a value of zero seconds for reliable transports".
  return reliable
    ? { state: { name: 'terminated' }, effects }
    : { state: { name: 'completed' }, effects: [...effects, start('D', giveUpMs(timers))] };
}

function end(of: 'timeout' | 'transport_error'): Step<InviteClientState> {
  return { state: { name: 'terminated' }, effects: [tell(of)] };
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}
