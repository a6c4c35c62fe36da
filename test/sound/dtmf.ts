import { encodePcmu } from '../../src/rtp/g711.ts';

const rate = 8000;
const rows = ['123A', '456B', '789C', '*0#D'];
const low = [697, 770, 852, 941];
const high = [1209, 1336, 1477, 1633];

export interface KeyTone {
  readonly ms?: number;
  /** Of the stronger tone. Default: -10. */
  readonly dbfs?: number;
  /** How much stronger the higher tone is, dB. */
  readonly twistDb?: number;
  /** How far off each tone is, 0.015 = 1.5 % too high. */
  readonly lowOff?: number;
  readonly highOff?: number;
  /** Where in its first samples' cycle it begins, radians. */
  readonly phase?: number;
}

/** The two frequencies of a key. */
export const keyFrequencies = (digit: string): readonly [number, number] => {
  const row = rows.findIndex((keys) => keys.includes(digit));
  return [low[row] ?? 0, high[rows[row]?.indexOf(digit) ?? -1] ?? 0];
};

/** The sound of a key, 8 kHz, samples of 16 bits with fractions. */
export const keyTone = (digit: string, tone: KeyTone = {}): Float64Array => {
  const { ms = 100, dbfs = -10, twistDb = 0, lowOff = 0, highOff = 0, phase = 0 } = tone;
  const [lowHz, highHz] = keyFrequencies(digit);
  const strongest = 32768 * 10 ** (dbfs / 20);
  const amplitudes = [
    strongest * 10 ** (-Math.max(0, twistDb) / 20),
    strongest * 10 ** (Math.min(0, twistDb) / 20),
  ] as const;
  const sine = (hz: number, i: number, shift: number): number => Math.sin((2 * Math.PI * hz * i) / rate + shift);
  return Float64Array.from(
    { length: Math.round((ms * rate) / 1000) },
    (_, i) =>
      amplitudes[0] * sine(lowHz * (1 + lowOff), i, phase) +
      amplitudes[1] * sine(highHz * (1 + highOff), i, 1.7 * phase + 1),
  );
};

export const silence = (ms: number): Float64Array => new Float64Array(Math.round((ms * rate) / 1000));

export const joined = (...parts: readonly Float64Array[]): Float64Array => {
  const whole = new Float64Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

/** White noise of a power given in dBFS of a sine, the same each time; `seed` makes others. */
export const noise = (length: number, dbfs: number, seed = 1): Float64Array => {
  let state = seed * 2_654_435_761;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  const deviation = (32768 * 10 ** (dbfs / 20)) / Math.SQRT2;
  return Float64Array.from(
    { length },
    () => deviation * Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random()),
  );
};

export const added = (sound: Float64Array, other: Float64Array): Float64Array =>
  sound.map((sample, i) => sample + (other[i] ?? 0));

/** As PCMU. */
export const pcmuOf = (sound: Float64Array): Uint8Array => {
  const bytes = new Uint8Array(sound.length);
  encodePcmu(
    Int16Array.from(sound, (sample) => Math.max(-32768, Math.min(32767, Math.round(sample)))),
    bytes,
  );
  return bytes;
};
