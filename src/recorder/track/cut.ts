import type { MaskedSamples } from './mask.ts';

/**
 * Leaves parts out of a track; takes its samples chunk by chunk in their order, from sample `first` on, and gives what is left
 * of each.
 */
export const createCut = (
  parts: readonly MaskedSamples[],
  first = 0,
): ((chunk: Int16Array) => readonly Int16Array[]) => {
  let position = first;
  return (chunk) => {
    const start = position;
    position += chunk.length;
    const kept: Int16Array[] = [];
    let at = start;
    for (const { from, to } of parts) {
      if (to <= at || from >= position) continue;
      if (from > at) kept.push(chunk.subarray(at - start, from - start));
      at = Math.min(to, position);
    }
    if (at < position) kept.push(at === start ? chunk : chunk.subarray(at - start));
    return kept;
  };
};
