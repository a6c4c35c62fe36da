import type { TimerBase } from './timers.ts';

/** The timers by their letters in RFC 3261 table 4 and RFC 6026; `cancel` is the 64 * T1 of RFC 3261 section 9.1. */
export type TimerName = 'A' | 'B' | 'D' | 'E' | 'F' | 'G' | 'H' | 'I' | 'J' | 'K' | 'L' | 'M' | 'cancel';

/** What a transaction wants done; messages are the caller's, so the machines are tested without any. */
export type Effect =
  /** Send the request, the latest response, or the ACK to a response of 300 or more. */
  | { readonly do: 'send'; readonly what: 'request' | 'response' | 'ack' }
  | { readonly do: 'start'; readonly timer: TimerName; readonly ms: number }
  | { readonly do: 'stop'; readonly timer: TimerName }
  /** Tell the user of the transaction. */
  | { readonly do: 'tell'; readonly of: 'response' | 'timeout' | 'transport_error' | 'ack' };

/** What a client transaction is told. */
export type ClientEvent =
  | { readonly type: 'start' }
  | { readonly type: 'response'; readonly status: number }
  | { readonly type: 'timer'; readonly timer: TimerName }
  | { readonly type: 'transport_error' }
  /** A CANCEL has been sent for it. */
  | { readonly type: 'cancelled' };

/** What a server transaction is told. */
export type ServerEvent =
  | { readonly type: 'request' }
  | { readonly type: 'respond'; readonly status: number }
  | { readonly type: 'ack' }
  | { readonly type: 'timer'; readonly timer: TimerName }
  | { readonly type: 'transport_error' }
  /** Its user will never respond, and its client has given up. */
  | { readonly type: 'abandon' };

/** What holds for a transaction as long as it lives. */
export interface MachineContext {
  readonly timers: TimerBase;
  /** Whether the transport is TCP: nothing is retransmitted and nothing waited for. */
  readonly reliable: boolean;
}

/** The outcome of one event. */
export interface Step<State> {
  readonly state: State;
  readonly effects: readonly Effect[];
}

/** A step that changes nothing. */
export function stay<State>(state: State): Step<State> {
  return { state, effects: [] };
}

/** Shorthands for effects. */
export const send = (what: 'request' | 'response' | 'ack'): Effect => ({ do: 'send', what });
export const start = (timer: TimerName, ms: number): Effect => ({ do: 'start', timer, ms });
export const stop = (...timers: TimerName[]): Effect[] => timers.map((timer) => ({ do: 'stop', timer }));
export const tell = (of: 'response' | 'timeout' | 'transport_error' | 'ack'): Effect => ({ do: 'tell', of });
