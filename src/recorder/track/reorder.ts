import type { PayloadKind } from './codecs.ts';

/** A packet as the timeline sees it. */
export interface Arrival {
  /** Extended sequence number. */
  readonly sequence: number;
  /** Extended RTP timestamp, in ticks. */
  readonly timestamp: number;
  readonly payload: Uint8Array;
  readonly meaning: PayloadKind;
  /** When it came, in ms on the recording's clock. */
  readonly arrivalMs: number;
  /** Ticks of sound in it; 0 if it doesn't sound. */
  readonly ticks: number;
  /**
   * Arrival minus the end of its sound by its timestamp, plus 20 ms: the time that a sender's and the recording's clock
   * are apart and that the packet travelled. By its end, as a packet is sent when its last sample is there, so that a
   * change of ptime leaves this as it is; the 20 ms put sound of the usual ptime at its arrival.
   */
  readonly transitMs: number;
}

/** Packets in sequence order, each once, until they are taken from the front. */
export interface ReorderQueue {
  push(packet: Arrival): 'queued' | 'reordered' | 'duplicate' | 'late';
  readonly length: number;
  /** The packet at `index`, 0 being the one with the lowest sequence number. */
  at(index: number): Arrival | undefined;
  /** Takes the first packet; from now on all up to it, and up to any gap that was closed, are late. */
  shift(): Arrival | undefined;
}

/** How many sequence numbers back a duplicate is told from a late packet. */
const remembered = 1024;

/** An empty queue. */
export const createReorderQueue = (): ReorderQueue => {
  let packets: Arrival[] = [];
  let first = 0;
  /** All up to this were taken or given up. */
  let gone = Number.NEGATIVE_INFINITY;
  const seen = new Float64Array(remembered).fill(Number.NaN);

  return {
    push(packet) {
      const { sequence } = packet;
      const slot = ((sequence % remembered) + remembered) % remembered;
      if (seen[slot] === sequence) return 'duplicate';
      if (sequence <= gone) return 'late';
      seen[slot] = sequence;
      let index = packets.length;
      while (index > first && (packets[index - 1]?.sequence ?? 0) > sequence) index--;
      if (index === packets.length) {
        packets.push(packet);
        return 'queued';
      }
      packets.splice(index, 0, packet);
      return 'reordered';
    },

    get length() {
      return packets.length - first;
    },

    at: (index) => packets[first + index],

    shift() {
      const packet = packets[first];
      if (packet === undefined) return undefined;
      first++;
      gone = packet.sequence;
      if (first > 512) {
        packets = packets.slice(first);
        first = 0;
      }
      return packet;
    },
  };
};
