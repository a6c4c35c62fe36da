/** How loud one channel is over time: the peak of each of so many equal parts. */
export interface Loudness {
  /** Interleaved samples; this is one of their channels. */
  push(samples: Int16Array, channel: number, channels: number): void;
  /** Of each part in dBFS; -Infinity where nothing sounds. */
  peaksDb(): readonly number[];
  /** Of all of it: the loudest sample and the power, in dBFS of a full-scale sine's peak and power. */
  peakDb(): number;
  powerDb(): number;
}

const fullScale = 32768;

const toDb = (ratio: number): number => (ratio > 0 ? 20 * Math.log10(ratio) : Number.NEGATIVE_INFINITY);

/** Of `frames` samples in `parts` parts. */
export const createLoudness = (frames: number, parts: number): Loudness => {
  const peaks = new Float64Array(parts);
  let position = 0;
  let energy = 0;
  return {
    push(samples, channel, channels) {
      for (let i = channel; i < samples.length; i += channels, position++) {
        const size = Math.abs(samples[i] ?? 0);
        energy += size * size;
        const part = Math.min(parts - 1, Math.floor((position * parts) / frames));
        if (size > (peaks[part] ?? 0)) peaks[part] = size;
      }
    },
    peaksDb: () => [...peaks].map((peak) => toDb(peak / fullScale)),
    peakDb: () => toDb(Math.max(0, ...peaks) / fullScale),
    // A sine of full scale has half the power of its peak.
    powerDb: () => toDb(Math.sqrt((2 * energy) / Math.max(1, position)) / fullScale),
  };
};
