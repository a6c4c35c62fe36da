const fullScale = 32768;

/** A sine of `amplitude` (1 = full scale) that starts at phase 0. */
export const tone = (hz: number, rate: number, seconds: number, amplitude: number): Int16Array =>
  Int16Array.from({ length: Math.round(rate * seconds) }, (_, i) =>
    Math.round(amplitude * 32767 * Math.sin((2 * Math.PI * hz * i) / rate)),
  );

interface HannWindow {
  readonly factors: Float64Array;
  readonly sum: number;
}

/** By length. Sound is looked at in parts of one length, at many frequencies: a cosine for each sample takes longer than all else. */
const windows = new Map<number, HannWindow>();
const mostWindows = 8;

const hannWindow = (length: number): HannWindow => {
  const known = windows.get(length);
  if (known !== undefined) return known;
  const factors = Float64Array.from({ length }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / length));
  const made = { factors, sum: factors.reduce((sum, factor) => sum + factor, 0) };
  windows.set(length, made);
  const [oldest] = windows.keys();
  if (windows.size > mostWindows && oldest !== undefined) windows.delete(oldest);
  return made;
};

/**
 * The level of one frequency in dBFS, where 0 is a sine of full scale; by Goertzel under a Hann window, so that
 * tones 4 / (length in seconds) Hz away don't leak in. Silence answers -200.
 */
export const goertzelDb = (samples: Int16Array, rate: number, hz: number): number => {
  const { length } = samples;
  const { factors, sum } = hannWindow(length);
  const omega = (2 * Math.PI * hz) / rate;
  const coefficient = 2 * Math.cos(omega);
  let s1 = 0;
  let s2 = 0;
  for (let i = 0; i < length; i++) {
    const s0 = ((samples[i] ?? 0) / fullScale) * (factors[i] ?? 0) + coefficient * s1 - s2;
    s2 = s1;
    s1 = s0;
  }
  const power = s1 * s1 + s2 * s2 - coefficient * s1 * s2;
  const amplitude = (2 * Math.sqrt(Math.max(0, power))) / sum;
  return amplitude > 1e-10 ? 20 * Math.log10(amplitude) : -200;
};
