/** Finds how far sound swings in each of so many parts of equal length. */
export interface PeakFinder {
  /** Interleaved 16-bit samples. */
  push(samples: Int16Array): void;
  /** For each channel its parts: the greatest swing, 0 to 255. */
  peaks(): readonly (readonly number[])[];
}

const fullScale = 32768;
const steps = 255;

/** @param frames how many there will be; more count to the last part */
export const createPeakFinder = (frames: number, channels: number, parts: number): PeakFinder => {
  const found = Array.from({ length: channels }, () => new Float64Array(parts));
  const framesOfPart = Math.max(1, frames / parts);
  let at = 0;
  return {
    push(samples) {
      for (let i = 0; i < samples.length; i++, at++) {
        const channel = found[at % channels];
        const part = Math.min(parts - 1, Math.floor(Math.floor(at / channels) / framesOfPart));
        const swing = Math.abs(samples[i] ?? 0);
        if (channel && swing > (channel[part] ?? 0)) channel[part] = swing;
      }
    },
    peaks: () => found.map((channel) => Array.from(channel, (swing) => Math.round((swing / fullScale) * steps))),
  };
};
