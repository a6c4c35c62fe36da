import type { Statistics } from '../api/types.ts';

/** Bytes in storage at the end of each period: what is there now, less what came and plus what went since. */
export const keptOverTime = ({ periods, kept }: Statistics): readonly number[] => {
  const bytes: number[] = [];
  let now = kept.bytes;
  for (const { bytes: came, freed_bytes } of periods.toReversed()) {
    bytes.unshift(Math.max(0, now));
    now -= came - freed_bytes;
  }
  return bytes;
};
