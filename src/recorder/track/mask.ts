/** Samples of a track, counted from its first one; `to` is the first that sounds again. */
export interface MaskedSamples {
  readonly from: number;
  readonly to: number;
}

/**
 * Makes masked parts of a track silent; takes its samples chunk by chunk in their order, from sample `first` on, and leaves the
 * chunks as they are.
 */
export const createMask = (masked: readonly MaskedSamples[], first = 0): ((chunk: Int16Array) => Int16Array) => {
  let position = first;
  return (chunk) => {
    const start = position;
    position += chunk.length;
    const here = masked.filter(({ from, to }) => from < position && to > start);
    if (here.length === 0) return chunk;
    const silenced = chunk.slice();
    for (const { from, to } of here) silenced.fill(0, Math.max(0, from - start), to - start);
    return silenced;
  };
};
