/** Who is told of the attempts to deliver status events, for figures. */
export interface DeliveryObserver {
  /** ok; failed: it is tried again; dead: it was given up. */
  attempted(result: 'ok' | 'failed' | 'dead', tookMs: number): void;
}
