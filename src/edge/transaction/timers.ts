/** The base values of RFC 3261's timers, in milliseconds (section 17.1.1.1, table 4). */
export interface TimerBase {
  /** Estimate of the round trip. Default: 500. */
  readonly t1Ms: number;
  /** Longest interval between retransmissions. Default: 4000. */
  readonly t2Ms: number;
  /** Longest time a message stays in the network. Default: 5000. */
  readonly t4Ms: number;
}

/** What RFC 3261 recommends. */
export const RFC_TIMERS: TimerBase = { t1Ms: 500, t2Ms: 4000, t4Ms: 5000 };

/** 64 * T1, the length of timers B, D, F, H, J, L and M: 32 s. */
export function giveUpMs(timers: TimerBase): number {
  return 64 * timers.t1Ms;
}

/** The interval after `ms`: doubled, but at most T2. */
export function nextInterval(ms: number, timers: TimerBase): number {
  return Math.min(ms * 2, timers.t2Ms);
}
