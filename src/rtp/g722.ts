/**
 * Decoder of ITU-T G.722 at 64 kbit/s, as RTP carries it (RFC 3551 section 4.5.2): a byte holds two samples at 16 kHz, six bits of
 * the band below 4 kHz and two of the band above, each ADPCM with a backward-adaptive quantiser and predictor. Names and
 * block numbers are those of the Recommendation's section 6; arithmetic is its 16-bit arithmetic.
 */
export interface G722Decoder {
  /** A new array: two samples at 16 kHz for each byte, or one at 8 kHz of the lower band alone. */
  decode(payload: Uint8Array): Int16Array;
}

/** Inverse quantiser of the lower band, 6 bits (table 16). */
const qm6 = Int16Array.of(
  ...[-136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232, -9360, -8576],
  ...[-7856, -7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688, -1360, -1040],
  ...[-728, 24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456],
  ...[4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136],
);
/** The same of its four upper bits, which alone drive the adaptation. */
const qm4 = Int16Array.of(
  ...[0, -20456, -12896, -8968, -6288, -4240, -2584, -1200],
  ...[20456, 12896, 8968, 6288, 4240, 2584, 1200, 0],
);
/** Of the upper band. */
const qm2 = Int16Array.of(-7408, -1616, 7408, 1616);

/** Logarithmic scale factor multipliers by code: W_L over the four upper bits, W_H over the two of the upper band. */
const wl = Int16Array.of(-60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60);
const wh = Int16Array.of(798, -214, 798, -214);

/** 2048 * 2^(i/32): the scale factor's antilogarithm. */
const ilb = Int16Array.of(
  ...[2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834, 2896, 2960],
  ...[3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008],
);

/** Half of the quadrature mirror filter's symmetric impulse response (table 11). */
const qmf = Int16Array.of(3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11);

const saturate = (value: number): number => Math.max(-32768, Math.min(32767, value));

/**
 * Predictor and scale factor of one band, in one array, which processors like better than a closure's variables: at 1..6 the
 * quantised differences d, at 7..12 the zeros' coefficients b, then what is named here.
 */
type Band = Int32Array;
const zero = 6;
const [logScale, scale, estimate, zeroSum, r1, a1, a2, p1, p2] = [13, 14, 15, 16, 17, 18, 19, 20, 21] as const;

const createBand = (firstScale: number): Band => {
  const band = new Int32Array(22);
  band[scale] = firstScale;
  return band;
};

/** Blocks LOGSC and SCALE: the next scale factor. */
const adaptScale = (band: Band, multiplier: number, most: number, shiftBase: number): void => {
  let nb = (((band[logScale] as number) * 127) >> 7) + multiplier;
  nb = Math.max(0, Math.min(most, nb));
  band[logScale] = nb;
  const shift = shiftBase - (nb >> 11);
  const mantissa = ilb[(nb >> 6) & 31] as number;
  band[scale] = (shift < 0 ? mantissa << -shift : mantissa >> shift) << 2;
};

/** Block 4: the next estimate, from the quantised difference. */
const predict = (band: Band, difference: number): void => {
  const r0 = saturate((band[estimate] as number) + difference);
  const p0 = saturate((band[zeroSum] as number) + difference);
  const sameAs1 = p0 >> 15 === (band[p1] as number) >> 15;

  // UPPOL2
  const a1Times4 = saturate((band[a1] as number) << 2);
  const turned = sameAs1 ? (a1Times4 === -32768 ? 32767 : -a1Times4) : a1Times4;
  let nextA2 = (p0 >> 15 === (band[p2] as number) >> 15 ? 128 : -128) + (turned >> 7);
  nextA2 += ((band[a2] as number) * 32512) >> 15;
  nextA2 = Math.max(-12288, Math.min(12288, nextA2));
  // UPPOL1
  let nextA1 = saturate((sameAs1 ? 192 : -192) + (((band[a1] as number) * 32640) >> 15));
  const most = saturate(15360 - nextA2);
  nextA1 = Math.max(-most, Math.min(most, nextA1));

  // UPZERO, DELAYA and FILTEZ in one pass.
  const step = difference === 0 ? 0 : 128;
  const sign = difference >> 15;
  let sum = 0;
  for (let i = 6; i > 0; i--) {
    const up = (band[i] as number) >> 15 === sign;
    const next = saturate((up ? step : -step) + (((band[zero + i] as number) * 32640) >> 15));
    band[zero + i] = next;
    const moved = i === 1 ? difference : (band[i - 1] as number);
    band[i] = moved;
    sum += (next * saturate(moved + moved)) >> 15;
  }
  const zeros = saturate(sum);

  // FILTEP
  const poles =
    ((nextA1 * saturate(r0 + r0)) >> 15) + ((nextA2 * saturate((band[r1] as number) + (band[r1] as number))) >> 15);
  band[zeroSum] = zeros;
  band[estimate] = saturate(saturate(poles) + zeros);
  band[r1] = r0;
  band[a1] = nextA1;
  band[a2] = nextA2;
  band[p2] = band[p1] as number;
  band[p1] = p0;
};

/** 15 bits, as the bands are reconstructed. */
const limit = (value: number): number => Math.max(-16384, Math.min(16383, value));

const decodeLower = (band: Band, byte: number): number => {
  const code = byte & 0x3f;
  const before = band[scale] as number;
  const sample = limit((band[estimate] as number) + ((before * (qm6[code] as number)) >> 15));
  adaptScale(band, wl[code >> 2] as number, 18432, 8);
  predict(band, (before * (qm4[code >> 2] as number)) >> 15);
  return sample;
};

const decodeUpper = (band: Band, byte: number): number => {
  const code = byte >> 6;
  const difference = ((band[scale] as number) * (qm2[code] as number)) >> 15;
  const sample = limit((band[estimate] as number) + difference);
  adaptScale(band, wh[code] as number, 22528, 10);
  predict(band, difference);
  return sample;
};

const lowerScale = 32;
const upperScale = 8;

/** A decoder that has heard nothing yet; 16 kHz. */
export const createG722Decoder = (): G722Decoder => {
  const lower = createBand(lowerScale);
  const upper = createBand(upperScale);
  // The filter's memory twice, one behind the other, so that a window of it is always in one piece.
  const sums = new Int32Array(24);
  const differences = new Int32Array(24);
  let at = 0;
  return {
    decode(payload) {
      const samples = new Int16Array(2 * payload.length);
      for (let i = 0; i < payload.length; i++) {
        const byte = payload[i] as number;
        const low = decodeLower(lower, byte);
        const high = decodeUpper(upper, byte);
        at = at === 0 ? 11 : at - 1;
        sums[at] = sums[at + 12] = low + high;
        differences[at] = differences[at + 12] = low - high;
        let even = 0;
        let odd = 0;
        for (let tap = 0; tap < 12; tap++) {
          const coefficient = qmf[tap] as number;
          even += (differences[at + tap] as number) * coefficient;
          odd += (sums[at + 11 - tap] as number) * coefficient;
        }
        samples[2 * i] = saturate(even >> 11);
        samples[2 * i + 1] = saturate(odd >> 11);
      }
      return samples;
    },
  };
};

/** A decoder of the band below 4 kHz alone, 8 kHz: what voices and keys are found in, for less than half of the work. */
export const createG722LowerDecoder = (): G722Decoder => {
  const lower = createBand(lowerScale);
  return {
    decode(payload) {
      const samples = new Int16Array(payload.length);
      // Twice: a band has 15 bits.
      for (let i = 0; i < payload.length; i++) samples[i] = 2 * decodeLower(lower, payload[i] as number);
      return samples;
    },
  };
};
