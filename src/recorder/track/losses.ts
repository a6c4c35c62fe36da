import { sequenceDistance } from '../../rtp/sequence.ts';

/** Where sequence numbers are missing: the arrival of the packet after them, ms on the recording's clock, and how many. */
export interface Loss {
  readonly at: number;
  readonly packets: number;
}

/** Finds lost packets by their sequence numbers, in the order of arrival. */
export interface LossFinder {
  packet(packet: { readonly ssrc: number; readonly sequence: number }, at: number): void;
  /** What was not recorded is not lost: numbers begin anew. */
  restart(): void;
  /** In order; the first so many as were asked for. */
  losses(): readonly Loss[];
  /** All that were lost, also beyond those that are listed. */
  lost(): number;
  /** Packets that came. */
  packets(): number;
}

/** Sequence numbers that jump by more have begun anew (RFC 3550 appendix A.1). */
const mostDropout = 3000;
/** Losses that a late packet may still make none. */
const mostBehind = 100;

/** @param mostListed losses that are listed; beyond, they tell nobody anything */
export const createLossFinder = (mostListed = 1000): LossFinder => {
  const losses: { at: number; packets: number }[] = [];
  let lost = 0;
  let packets = 0;
  /** Of each source: the highest sequence number, and how many packets of all had come with it. */
  let sources = new Map<number, { highest: number; packets: number }>();
  return {
    packet({ ssrc, sequence }, at) {
      packets += 1;
      const source = sources.get(ssrc);
      if (source === undefined) {
        sources.set(ssrc, { highest: sequence, packets });
        return;
      }
      const ahead = sequenceDistance(sequence, source.highest);
      // rtpengine gives keys a source of their own, and takes their numbers from the sound's.
      const missing = ahead - 1 - (packets - source.packets - 1);
      if (ahead <= mostDropout && missing > 0) {
        lost += missing;
        if (losses.length < mostListed) losses.push({ at, packets: missing });
      }
      // One that was only late is none of the lost ones; which it was nobody needs to know.
      if (ahead < 0 && ahead > -mostBehind && lost > 0) {
        lost -= 1;
        const last = losses.at(-1);
        if (last && --last.packets === 0) losses.pop();
      }
      if (ahead > 0 || ahead <= -mostBehind) sources.set(ssrc, { highest: sequence, packets });
    },
    restart() {
      sources = new Map();
    },
    losses: () => losses,
    lost: () => lost,
    packets: () => packets,
  };
};
