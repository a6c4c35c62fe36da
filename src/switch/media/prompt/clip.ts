import { frameSamples, type PcmSource, sampleRate } from './pcm-source.ts';

const silentFrame = new Int16Array(frameSamples);

/** Samples in memory as a source: for `length` samples (default: once), from the start again whenever they are over. */
export const clip = (samples: Int16Array, length: number = samples.length): PcmSource => {
  const frame = new Int16Array(frameSamples);
  let position = 0;
  let left = samples.length === 0 ? 0 : length;

  const read = (): Int16Array | undefined => {
    if (left <= 0) return undefined;
    const wanted = Math.min(frameSamples, left);
    left -= wanted;
    if (wanted === frameSamples && position + frameSamples <= samples.length) {
      const start = position;
      position = (position + frameSamples) % samples.length;
      return samples.subarray(start, start + frameSamples);
    }
    for (let i = 0; i < wanted; i++) {
      frame[i] = samples[position] ?? 0;
      position = (position + 1) % samples.length;
    }
    return frame.fill(0, wanted);
  };

  const close = async (): Promise<void> => {
    left = 0;
  };

  return { read, close };
};

/** All of them in one. */
export const joinSamples = (parts: readonly Int16Array[]): Int16Array => {
  const samples = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    samples.set(part, at);
    at += part.length;
  }
  return samples;
};

/** The number of samples in a time of `seconds`. */
export const samplesIn = (seconds: number): number => Math.round(seconds * sampleRate);

/** Nothing to hear for `seconds`. */
export const silence = (seconds: number): PcmSource => clip(silentFrame, samplesIn(seconds));
