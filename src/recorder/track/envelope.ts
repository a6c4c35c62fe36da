import type { Arrival, ReorderQueue } from './reorder.ts';

/**
 * The lower envelope of the transit times of one sender: no packet comes before it was sent, so the least delayed ones
 * tell how the sender's timestamps lie on the recording's clock; jitter, bursts and stalls only ever add to a transit.
 * At each time it is the least of all transits, those around weighing less the further away they are, by as much as
 * two clocks can drift apart meanwhile: min(transit_i + rate * |arrival_i - t|), over past and coming packets alike.
 */
export interface Envelope {
  /** Forgets all: the sender's timestamps have jumped. */
  restart(): void;
  /** A packet that was taken from the queue, with its transit. */
  observe(arrivalMs: number, transitMs: number): void;
  /** The envelope at a packet that was observed and is followed by what is queued; `biasMs` is taken from the transits there. */
  at(packet: Arrival, queue: ReorderQueue, biasMs: number): number;
  /**
   * How much higher (or, negative, lower) the envelope lies from this packet on than before it, 0 if jitter and drift may
   * explain it; infinite if nothing was before.
   */
  shift(packet: Arrival, queue: ReorderQueue, biasMs: number): number;
  /** How far a transit lies over the envelope of the past. */
  excess(arrivalMs: number, transitMs: number): number;
}

/** The most that two clocks drift apart: +500 ppm of one against -500 ppm of the other, and some. */
const driftRate = 0.0012;

/** Differences below this are no jump in any network. */
const noiseMs = 15;
/** The range of jitter that is expected before any is seen. */
const leastSpreadMs = 40;
const mostSpreadMs = 400;
/** A half-life of some 7 s of 20 ms packets. */
const spreadDecay = 0.998;

/** Packets looked at ahead: the burst after a stall of a minute, and no more in a flood. */
const mostAhead = 3000;

interface Ahead {
  /** Least of transit + drift allowance over the packets ahead that belong together. */
  least: number;
  count: number;
}

/** An envelope that knows nothing yet. */
export const createEnvelope = (): Envelope => {
  let past = Number.POSITIVE_INFINITY;
  let pastAtMs = 0;
  let count = 0;
  let spreadMs = leastSpreadMs;

  /** How far the least of `packets` transits may lie over the envelope: four times its mean for even jitter. */
  const tolerance = (packets: number): number => noiseMs + (4 * spreadMs) / (packets + 1);

  const behind = (arrivalMs: number): number => past + driftRate * Math.abs(arrivalMs - pastAtMs);

  /**
   * The least transit of the queued packets, as far as they belong together: where a timestamp doesn't follow from the
   * one before and the transits after it lie well below those before, another envelope begins. So it does where the
   * timestamps count another clock: some senders let their numbers go on across a change of codec, and what they say is
   * another time all the same.
   */
  const ahead = ({ arrivalMs, meaning }: Arrival, queue: ReorderQueue, biasMs: number, from?: Arrival): Ahead => {
    const result = { least: Number.POSITIVE_INFINITY, count: 0 };
    let floor = Number.NEGATIVE_INFINITY;
    let beforeBreak = result.least;
    let last = from;
    if (from !== undefined) {
      result.least = from.transitMs - biasMs;
      result.count = 1;
    }
    const end = Math.min(queue.length, mostAhead);
    for (let i = 0; i < end; i++) {
      const packet = queue.at(i);
      if (packet === undefined || packet.ticks === 0) continue;
      if (clockOf(packet.meaning) !== clockOf(meaning)) return result;
      if (last !== undefined && !follows(last, packet)) {
        if (floor === Number.NEGATIVE_INFINITY) floor = result.least - tolerance(result.count);
        beforeBreak = result.least;
      }
      const transit = packet.transitMs - biasMs + driftRate * Math.abs(packet.arrivalMs - arrivalMs);
      if (transit < floor) {
        result.least = beforeBreak;
        return result;
      }
      if (transit < result.least) result.least = transit;
      result.count++;
      last = packet;
    }
    return result;
  };

  return {
    restart() {
      past = Number.POSITIVE_INFINITY;
      count = 0;
    },

    observe(arrivalMs, transitMs) {
      if (count === 0) {
        past = transitMs;
        pastAtMs = arrivalMs;
      } else if (arrivalMs >= pastAtMs) {
        past = Math.min(transitMs, behind(arrivalMs));
        pastAtMs = arrivalMs;
      } else {
        past = Math.min(past, transitMs + driftRate * (pastAtMs - arrivalMs));
      }
      count++;
      spreadMs = Math.max(leastSpreadMs, spreadMs * spreadDecay, Math.min(mostSpreadMs, transitMs - past));
    },

    at(packet, queue, biasMs) {
      return Math.min(behind(packet.arrivalMs), ahead(packet, queue, biasMs).least);
    },

    shift(packet, queue, biasMs) {
      if (count === 0) return Number.POSITIVE_INFINITY;
      const next = ahead(packet, queue, biasMs, packet);
      const allowed = tolerance(Math.min(count, next.count)) + driftRate * Math.abs(packet.arrivalMs - pastAtMs);
      const difference = next.least - past;
      return Math.abs(difference) > allowed ? difference : 0;
    },

    excess: (arrivalMs, transitMs) => transitMs - behind(arrivalMs),
  };
};

/** The clock that timestamps count, ticks a second; undefined for what does not sound. */
const clockOf = (meaning: Arrival['meaning']): number | undefined =>
  meaning.kind === 'sound' ? meaning.codec.clockRate : undefined;

/** True if a packet's timestamp is where the one before it ends, lost packets of the same length between them. */
const follows = (packet: Arrival, next: Arrival): boolean => {
  const lost = next.sequence - packet.sequence - 1;
  const gap = next.timestamp - packet.timestamp - packet.ticks - lost * packet.ticks;
  return Math.abs(gap) <= packet.ticks / 4;
};
