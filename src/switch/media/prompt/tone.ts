import { sampleRate } from './pcm-source.ts';

/** One sine of a tone. */
export interface ToneComponent {
  readonly hz: number;
  /** Its amplitude beside the others'. */
  readonly weight: number;
}

export interface ToneShape {
  readonly components: readonly ToneComponent[];
  /** Level of the whole tone in dBFS, where 0 is the power of a sine of full scale. */
  readonly levelDb: number;
  readonly seconds: number;
}

/** Seconds in which a tone rises and falls (raised cosine), so that it doesn't click. */
const rampSeconds = 0.005;

/** The samples of a tone, 8 kHz. */
export const renderTone = ({ components, levelDb, seconds }: ToneShape): Int16Array => {
  const length = Math.round(seconds * sampleRate);
  const ramp = Math.min(Math.round(rampSeconds * sampleRate), length >> 1);
  const power = components.reduce((sum, { weight }) => sum + weight * weight, 0);
  const scale = (32767 * 10 ** (levelDb / 20)) / Math.sqrt(power);
  const samples = new Int16Array(length);
  for (let i = 0; i < length; i++) {
    let sum = 0;
    for (const { hz, weight } of components) sum += weight * Math.sin((2 * Math.PI * hz * i) / sampleRate);
    const edge = Math.min(i, length - 1 - i);
    const envelope = edge < ramp ? 0.5 - 0.5 * Math.cos((Math.PI * edge) / ramp) : 1;
    samples[i] = Math.max(-32768, Math.min(32767, Math.round(sum * scale * envelope)));
  }
  return samples;
};
