/** How far a sound is from another that it should be, measured in windows of 20 ms at 8 kHz. */

const window = 160;

/** What a person does not hear any more: such a window counts as silent. */
const quietestPower = 30 ** 2;
const leastDb = -10;
const mostDb = 35;

const power = (samples: Int16Array, from: number): number => {
  let sum = 0;
  for (let i = from; i < from + window; i++) sum += (samples[i] ?? 0) ** 2;
  return sum / window;
};

/**
 * Segmental signal-to-noise ratio in dB: the mean over windows that count and are not silent, each from -10 to 35 dB.
 */
export const segmentalSnrDb = (wanted: Int16Array, heard: Int16Array, counts: (window: number) => boolean): number => {
  let sum = 0;
  let windows = 0;
  for (let index = 0; (index + 1) * window <= wanted.length; index++) {
    const from = index * window;
    const signal = power(wanted, from);
    if (!counts(index) || signal < quietestPower) continue;
    let noise = 0;
    for (let i = from; i < from + window; i++) noise += ((wanted[i] ?? 0) - (heard[i] ?? 0)) ** 2;
    const db = 10 * Math.log10(signal / Math.max(1e-9, noise / window));
    sum += Math.max(leastDb, Math.min(mostDb, db));
    windows++;
  }
  return sum / Math.max(1, windows);
};

const bands = 64;
const hann = Float64Array.from({ length: window }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / window));

/** The power of a window in 64 bands up to 4 kHz, dB; nothing is further down than hearing goes. */
const spectrumDb = (samples: Int16Array, from: number): Float64Array =>
  Float64Array.from({ length: bands }, (_, band) => {
    const omega = (Math.PI * (band + 0.5)) / bands;
    let real = 0;
    let imaginary = 0;
    for (let i = 0; i < window; i++) {
      const sample = (samples[from + i] ?? 0) * (hann[i] ?? 0);
      real += sample * Math.cos(omega * i);
      imaginary += sample * Math.sin(omega * i);
    }
    return 10 * Math.log10(Math.max(window * quietestPower, real * real + imaginary * imaginary));
  });

/** Log-spectral distance in dB: the mean over windows that count and are not silent of the spectra's mean difference (rms). */
export const logSpectralDistanceDb = (
  wanted: Int16Array,
  heard: Int16Array,
  counts: (window: number) => boolean,
): number => {
  let sum = 0;
  let windows = 0;
  for (let index = 0; (index + 1) * window <= wanted.length; index++) {
    const from = index * window;
    if (!counts(index) || power(wanted, from) < quietestPower) continue;
    const one = spectrumDb(wanted, from);
    const other = spectrumDb(heard, from);
    const squares = one.reduce((total, db, band) => total + (db - (other[band] ?? 0)) ** 2, 0);
    sum += Math.sqrt(squares / bands);
    windows++;
  }
  return sum / Math.max(1, windows);
};
