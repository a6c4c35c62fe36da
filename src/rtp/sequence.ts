/**
 * A counter without wraps, made of one of 16 or 32 bits: give it the wire's values, it answers with the one of the same
 * low bits that is nearest to the highest before (RFC 3550 appendix A.1). The first value is itself, so a value that
 * is older than the first becomes negative.
 */
export interface Extender {
  /** The extended value, and the wire's value becomes the new reference if it is the highest. */
  extend(value: number): number;
  /** The extended value, with the reference left as it is. */
  peek(value: number): number;
  /** The highest extended value so far, undefined before the first. */
  readonly highest: number | undefined;
}

const createExtender = (modulus: number): Extender => {
  let highest: number | undefined;
  const peek = (value: number): number => {
    if (highest === undefined) return value;
    const difference = nearest(value - highest, modulus);
    return highest + difference;
  };
  return {
    peek,
    extend(value) {
      const extended = peek(value);
      if (highest === undefined || extended > highest) highest = extended;
      return extended;
    },
    get highest() {
      return highest;
    },
  };
};

/** The number nearest to zero that equals `difference` modulo `modulus`; half the modulus counts as negative. */
const nearest = (difference: number, modulus: number): number => {
  const rest = difference % modulus;
  if (rest >= modulus / 2) return rest - modulus;
  if (rest < -modulus / 2) return rest + modulus;
  return rest;
};

/** Extends the 16-bit RTP sequence number. */
export const createSequenceExtender = (): Extender => createExtender(2 ** 16);

/** Extends the 32-bit RTP timestamp; jumps of half its range or more are taken the short way round. */
export const createTimestampExtender = (): Extender => createExtender(2 ** 32);

/** How far `later` is ahead of `earlier` in 16-bit sequence numbers: -32768..32767. */
export const sequenceDistance = (later: number, earlier: number): number => ((later - earlier) << 16) >> 16;

/** How far `later` is ahead of `earlier` in 32-bit timestamps: -2^31..2^31-1 ticks. */
export const timestampDistance = (later: number, earlier: number): number => (later - earlier) | 0;
