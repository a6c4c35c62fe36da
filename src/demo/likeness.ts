/** Samples in a step of the envelope: 20 ms at 8 kHz. */
const step = 160;

/** Loudness of each 20 ms, as the root of its energy. */
const envelope = (samples: Int16Array): Float64Array => {
  const levels = new Float64Array(Math.floor(samples.length / step));
  for (let i = 0; i < levels.length; i++) {
    let sum = 0;
    for (const sample of samples.subarray(i * step, (i + 1) * step)) sum += sample * sample;
    levels[i] = Math.sqrt(sum / step);
  }
  return levels;
};

/** Pearson's correlation of `wanted` with the part of `heard` that begins at `offset`. */
const correlation = (wanted: ArrayLike<number>, heard: ArrayLike<number>, offset: number): number => {
  let [sumA, sumB, sumAA, sumBB, sumAB] = [0, 0, 0, 0, 0];
  const n = wanted.length;
  for (let i = 0; i < n; i++) {
    const a = wanted[i] ?? 0;
    const b = heard[offset + i] ?? 0;
    sumA += a;
    sumB += b;
    sumAA += a * a;
    sumBB += b * b;
    sumAB += a * b;
  }
  const spread = Math.sqrt((n * sumAA - sumA * sumA) * (n * sumBB - sumB * sumB));
  return spread === 0 ? 0 : (n * sumAB - sumA * sumB) / spread;
};

/**
 * Finds a voice in a recording by its loudness over time, which survives any codec: where it begins (s), and how alike
 * they are there (1 = the same, 0 = nothing in common). Both at 8 kHz.
 */
export const findVoice = (
  voice: Int16Array,
  recording: Int16Array,
): { readonly atS: number; readonly likeness: number } => {
  const wanted = envelope(voice);
  let best = { atS: 0, likeness: 0 };
  // The 20 ms grids of the two need not meet: the second one is tried in four places.
  for (let shift = 0; shift < step; shift += step / 4) {
    const heard = envelope(recording.subarray(shift));
    for (let offset = 0; offset + wanted.length <= heard.length; offset++) {
      const likeness = correlation(wanted, heard, offset);
      if (likeness > best.likeness) best = { atS: (offset * step + shift) / 8000, likeness };
    }
  }
  return best;
};
