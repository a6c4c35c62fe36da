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
  /** Of each source: the highest sequence number. */
  let highest = new Map<number, number>();
  return {
    packet({ ssrc, sequence }, at) {
      packets += 1;
      const before = highest.get(ssrc);
      const ahead = before === undefined ? 1 : sequenceDistance(sequence, before);
      if (ahead > 1 && ahead <= mostDropout) {
        lost += ahead - 1;
        if (losses.length < mostListed) losses.push({ at, packets: ahead - 1 });
      }
      // One that was only late is none of the lost ones; which it was nobody needs to know.
      if (ahead < 0 && ahead > -mostBehind && lost > 0) {
        lost -= 1;
        const last = losses.at(-1);
        if (last && --last.packets === 0) losses.pop();
      }
      if (ahead > 0 || ahead <= -mostBehind) highest.set(ssrc, sequence);
    },
    restart() {
      highest = new Map();
    },
    losses: () => losses,
    lost: () => lost,
    packets: () => packets,
  };
};
