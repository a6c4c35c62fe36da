import { giveUpMs, nextInterval, type TimerBase } from './timers.ts';

/** When a response that waits for its ACK or PRACK is sent again: `resend` at each of these waits, then it is given up. */
export interface ResendPlan {
  /** The waits between sendings, in milliseconds. */
  readonly waitsMs: readonly number[];
  /** How long to wait after the last of them before giving up, in milliseconds. */
  readonly lastMs: number;
}

/**
 * A 2xx to an INVITE is sent again after T1, then at doubled intervals up to T2, until its ACK arrives, over TCP as well;
 * after 64*T1 the session is ended (RFC 3261 section 13.3.1.4).
 */
export function successResends(timers: TimerBase): ResendPlan {
  return plan(timers, (ms) => nextInterval(ms, timers));
}

/**
 * A reliable provisional response is sent again after T1, then at doubled intervals, until its PRACK arrives; after 64*T1
 * the INVITE is refused (RFC 3262 section 3).
 */
export function provisionalResends(timers: TimerBase): ResendPlan {
  return plan(timers, (ms) => ms * 2);
}

function plan(timers: TimerBase, next: (ms: number) => number): ResendPlan {
  const endMs = giveUpMs(timers);
  const waitsMs: number[] = [];
  let sum = 0;
  for (let wait = timers.t1Ms; sum + wait < endMs; wait = next(wait)) {
    waitsMs.push(wait);
    sum += wait;
  }
  return { waitsMs, lastMs: endMs - sum };
}
