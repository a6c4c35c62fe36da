/**
 * The concealment of ITU-T G.711 Appendix I (09/99) as its text describes it, for comparison: written for these tests alone, by
 * frames of 10 ms at 8 kHz, in floating point. Its output, which the Appendix delays by 3.75 ms, is given without that delay.
 */

const frame = 80;
const shortestPitch = 40;
const longestPitch = 120;
/** The quarter of the longest pitch by which output is delayed, so that its end can still be bent. */
const longestOverlap = longestPitch / 4;
const historyLength = 3 * longestPitch + longestOverlap;
const correlationLength = 160;
/** The end of an erasure overlaps longer, by 4 ms, for each frame of it. */
const overlapStep = 32;
const attenuationStep = 0.2;
/** Frames that sound made up; silence after that. */
const longestErasure = 6;

/** By normalised cross-correlation of the last 20 ms with what was 5 to 15 ms before; first in steps of two, then exactly. */
const findPitch = (history: Float64Array): number => {
  const score = (lag: number, step: number): number => {
    let product = 0;
    let energy = 0;
    for (let i = history.length - correlationLength; i < history.length; i += step) {
      const past = history[i - lag] ?? 0;
      product += past * (history[i] ?? 0);
      energy += past * past;
    }
    // Sound that is nearly silent has no pitch that anybody hears.
    return product / Math.sqrt(Math.max(energy, 250));
  };
  const best = (from: number, to: number, step: number): number => {
    let found = to;
    for (let lag = to; lag >= from; lag -= step) if (score(lag, step) > score(found, step)) found = lag;
    return found;
  };
  const coarse = best(shortestPitch, longestPitch, 2);
  return best(Math.max(shortestPitch, coarse - 1), Math.min(longestPitch, coarse + 1), 1);
};

/** Conceals the frames of 10 ms that are lost. */
export const concealByAppendixI = (sound: Int16Array, isLost: (frame: number) => boolean): Int16Array => {
  const output = new Float64Array(sound.length);
  /** The pitch buffer, as it was when the erasure began, and as its last quarter is bent into its begin. */
  let remembered = new Float64Array(historyLength);
  let buffer = new Float64Array(historyLength);
  let pitch = 0;
  let overlap = 0;
  let periods = 0;
  let offset = 0;
  let erased = 0;

  /** The last `periods` pitch periods are repeated: their end is overlapped with what was before their begin. */
  const bend = (): void => {
    const start = historyLength - periods * pitch;
    for (let i = 0; i < overlap; i++) {
      const right = (i + 1) / (overlap + 1);
      const at = historyLength - overlap + i;
      buffer[at] = (1 - right) * (remembered[at] ?? 0) + right * (remembered[start - overlap + i] ?? 0);
    }
  };

  const take = (count: number): Float64Array => {
    const taken = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      taken[i] = buffer[historyLength - periods * pitch + offset] ?? 0;
      offset = (offset + 1) % (periods * pitch);
    }
    return taken;
  };

  const begin = (at: number): Float64Array => {
    remembered = new Float64Array(historyLength);
    for (let i = 0; i < historyLength; i++) remembered[i] = output[at - historyLength + i] ?? 0;
    buffer = remembered.slice();
    pitch = findPitch(remembered);
    overlap = pitch >> 2;
    periods = 1;
    offset = 0;
    bend();
    // What has not been given out yet is bent as well.
    for (let i = 1; i <= overlap; i++) output[at - i] = buffer[historyLength - i] ?? 0;
    return take(frame);
  };

  /** The second and the third frame take one more period, each faded in over a quarter of one. */
  const goOn = (): Float64Array => {
    if (erased >= 3) return take(frame);
    const old = take(overlap);
    offset -= overlap;
    while (offset < 0) offset += periods * pitch;
    offset %= pitch;
    periods++;
    bend();
    const made = take(frame);
    for (let i = 0; i < overlap; i++) {
      const right = (i + 1) / (overlap + 1);
      made[i] = (1 - right) * (old[i] ?? 0) + right * (made[i] ?? 0);
    }
    return made;
  };

  for (let index = 0; index * frame < sound.length; index++) {
    const at = index * frame;
    if (isLost(index)) {
      const made = erased === 0 ? begin(at) : erased < longestErasure ? goOn() : new Float64Array(frame);
      for (let i = 0; i < frame; i++) {
        const gain = erased === 0 ? 1 : Math.max(0, 1 - attenuationStep * (erased - 1 + i / frame));
        output[at + i] = gain * (made[i] ?? 0);
      }
      erased++;
      continue;
    }
    for (let i = 0; i < frame; i++) output[at + i] = sound[at + i] ?? 0;
    if (erased > 0) {
      const length = Math.min(frame, overlap + (erased - 1) * overlapStep);
      const made = take(length);
      const gain = Math.max(0, 1 - attenuationStep * (erased - 1));
      for (let i = 0; i < length; i++) {
        const right = (i + 1) / (length + 1);
        output[at + i] = (1 - right) * gain * (made[i] ?? 0) + right * (sound[at + i] ?? 0);
      }
    }
    erased = 0;
  }
  return Int16Array.from(output, (sample) => Math.max(-32768, Math.min(32767, Math.round(sample))));
};
