import { createSequenceExtender } from '../../src/rtp/sequence.ts';

/** What arrived of one RTP stream. */
export interface StreamCount {
  readonly received: number;
  /** Sequence numbers between the first and the last that never came. */
  readonly missing: number;
}

/** Counts what the sequence numbers of a stream leave out; repeated packets count once. */
export const countStream = (sequences: Iterable<number>): StreamCount => {
  const { extend } = createSequenceExtender();
  const seen = new Set<number>();
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const sequence of sequences) {
    const extended = extend(sequence);
    seen.add(extended);
    first = Math.min(first, extended);
    last = Math.max(last, extended);
  }
  return { received: seen.size, missing: seen.size === 0 ? 0 : last - first + 1 - seen.size };
};

/**
 * Packets that a recording may be short of at its ends together: 100 ms. Its first packet may take 50 ms, and the load
 * generator's clock may be late.
 */
const edgePackets = 5;

/** Packets lost from a recorded stream: gaps within it, and what its length is short of, because an end leaves no gap. */
export const lostPackets = ({ received, missing }: StreamCount, seconds: number): number =>
  missing + Math.max(0, Math.floor(seconds * 50) - edgePackets - (received + missing));
