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
/** A source that begins so near to the numbers of another one goes on with them: a network may exchange packets of both. */
const mostBeside = 8;
/** Sources that are remembered: a call has two or three, and whoever sends more does it to harm. */
const mostSources = 16;

/** Sequence numbers that a source has, or several together: the highest one, and how many packets of all had come with it. */
interface Numbers {
  highest: number;
  packets: number;
}

/** @param mostListed losses that are listed; beyond, they tell nobody anything */
export const createLossFinder = (mostListed = 1000): LossFinder => {
  const losses: { at: number; packets: number }[] = [];
  let lost = 0;
  let packets = 0;
  /** The numbers of each source, those that began last at the end. */
  let sources = new Map<number, Numbers>();
  const numbersOf = (ssrc: number, sequence: number): Numbers | undefined => {
    const own = sources.get(ssrc);
    if (own !== undefined) return own;
    const isBeside = ({ highest }: Numbers): boolean => Math.abs(sequenceDistance(sequence, highest)) <= mostBeside;
    const numbers = [...sources.values()].findLast(isBeside);
    const [oldest] = sources.keys();
    if (oldest !== undefined && sources.size >= mostSources) sources.delete(oldest);
    if (numbers !== undefined) sources.set(ssrc, numbers);
    return numbers;
  };
  return {
    packet({ ssrc, sequence }, at) {
      packets += 1;
      const numbers = numbersOf(ssrc, sequence);
      if (numbers === undefined) {
        sources.set(ssrc, { highest: sequence, packets });
        return;
      }
      const ahead = sequenceDistance(sequence, numbers.highest);
      // rtpengine gives keys a source of their own. Their numbers go on from the sound's, or stand in for some of them.
      const missing = ahead - 1 - (packets - numbers.packets - 1);
      if (ahead <= mostDropout && missing > 0) {
        lost += missing;
        if (losses.length < mostListed) losses.push({ at, packets: missing });
      }
      // One that was only late is none of the lost ones; which it was nobody needs to know.
      if (ahead < 0 && ahead > -mostBehind) {
        numbers.packets += 1;
        if (lost === 0) return;
        lost -= 1;
        const last = losses.at(-1);
        if (last && --last.packets === 0) losses.pop();
      }
      if (ahead > 0 || ahead <= -mostBehind) {
        numbers.highest = sequence;
        numbers.packets = packets;
      }
    },
    restart() {
      sources = new Map();
    },
    losses: () => losses,
    lost: () => lost,
    packets: () => packets,
  };
};
