/** Milliseconds between two packets of a stream. */
export const packetMs = 20;
/** Callers do not send at the same moment: streams are spread over so many moments of the 20 ms. */
const slots = 10;
const slotMs = packetMs / slots;

/** One clock for all streams of the load generator. */
export interface Pacer {
  /** Calls `send` every 20 ms on average, for the first time within 20 ms, until what comes back is called. */
  add(send: () => void): () => void;
  /** How late each moment was, ms. */
  lateness(): readonly number[];
  close(): void;
}

export const createPacer = (): Pacer => {
  const streams = Array.from({ length: slots }, () => new Set<() => void>());
  const late: number[] = [];
  const origin = performance.now();
  let next = 0;
  let timer: NodeJS.Timeout | undefined;

  const run = (): void => {
    for (;;) {
      const now = performance.now() - origin;
      if (next * slotMs > now) break;
      const due = streams[next % slots];
      if (due !== undefined && due.size > 0) {
        late.push(now - next * slotMs);
        for (const send of due) send();
      }
      next += 1;
    }
    timer = setTimeout(run, next * slotMs - (performance.now() - origin));
  };
  run();

  return {
    add(send) {
      const emptiest = streams.reduce((least, slot) => (slot.size < least.size ? slot : least));
      emptiest.add(send);
      return () => emptiest.delete(send);
    },
    lateness: () => late,
    close: () => clearTimeout(timer),
  };
};
