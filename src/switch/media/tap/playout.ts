/** One direction's sound on a clock of ours: packets in as they come, samples out one after the other. */
export interface Playout {
  /** The samples of a packet with this RTP timestamp, 8 kHz. */
  add(timestamp: number, samples: Int16Array): void;
  /** Adds the next samples, as many as `target` has, to what it holds; what has not come is silence. */
  read(target: Int16Array): void;
}

/** How long after its coming a packet is read, so that the next one may be late, samples: 60 ms. */
export const playoutDelay = 480;
/** Sound that is this far ahead begins anew: another source, or a clock that has jumped. */
const farthest = 2_400;
const ringSize = 8_192;

/**
 * Packets keep the place that their timestamps give them. Where a source's clock runs away from ours, or another one
 * begins, the place is found anew: some milliseconds are lost or silent then.
 */
export const createPlayout = (): Playout => {
  const ring = new Int16Array(ringSize);
  let readAt = 0;
  /** The place of the newest packet, whose timestamp is `last`. */
  let place = 0;
  let last: number | undefined;

  return {
    add(timestamp, samples) {
      const ahead = last === undefined ? undefined : (timestamp - last) | 0;
      let at = ahead === undefined ? Number.NaN : place + ahead;
      const near = at >= readAt && at < readAt + farthest;
      if (!near) {
        // Late, and not the newest: it is left out, and the place of the others stays.
        if (ahead !== undefined && ahead <= 0 && ahead > -farthest) return;
        at = readAt + playoutDelay;
      }
      if (!near || ahead === undefined || ahead > 0) {
        place = at;
        last = timestamp;
      }
      for (let i = 0; i < samples.length; i++) ring[(at + i) % ringSize] = samples[i] ?? 0;
    },
    read(target) {
      for (let i = 0; i < target.length; i++) {
        const from = (readAt + i) % ringSize;
        const sum = (target[i] ?? 0) + (ring[from] ?? 0);
        target[i] = Math.max(-32768, Math.min(32767, sum));
        ring[from] = 0;
      }
      readAt += target.length;
    },
  };
};
