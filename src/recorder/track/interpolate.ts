/**
 * Reads a stream of samples at any pace: at its own (the samples as they are), at that of another sample rate, or a
 * little slower or faster while a drift is corrected. A windowed-sinc FIR in polyphase form, linear in phase, its state
 * kept from packet to packet; its delay is compensated, so that the first output is at the first input.
 */
export interface Interpolator {
  /** More input; answers the outputs that can be told by now, a view that holds until the next call. */
  push(samples: Int16Array): Int16Array;
  /** The end of the input: answers the last outputs, and is then as new. */
  flush(): Int16Array;
  /** How many outputs at the normal pace lie between the next output and the next input. */
  lead(): number;
  /**
   * Makes the output longer (positive `direction`) or shorter by the length of one input sample, spread over `outputs`
   * outputs. Only if no such stretch is under way.
   */
  stretch(direction: number, outputs: number): void;
  readonly stretching: boolean;
}

/** A multiple of 6, so that 8 <-> 16 <-> 48 kHz read exact phases; 1/384 sample is finer than G.711's own noise. */
const phases = 384;

/** Taps on each side at the lower of both rates: flat to 3.5 kHz of 4; images and aliases are below -50 dB from 4.5 kHz. */
const resamplingReach = 12;
/** Between equal rates there are no images: it need only be flat to 3.5 kHz of 4 while a stretch lasts. */
const stretchingReach = 10;

/** Made once for each pair of rates, as 10,000 Bessel functions take a millisecond. */
const kernels = new Map<string, Float64Array>();

/** Reads `inputRate` at the pace of `outputRate`, both in Hz. */
export const createInterpolator = (inputRate: number, outputRate: number): Interpolator => {
  const same = inputRate === outputRate;
  const narrowing = Math.max(1, inputRate / outputRate);
  const reach = same ? stretchingReach : 2 * Math.ceil((resamplingReach * narrowing) / 2);
  const taps = 2 * reach;
  const kernel = kernelFor(reach, narrowing, same ? 4 : 4.6);
  /** Phases from one output to the next: an integer for all rates that matter, so that sums stay exact. */
  const pace = (phases * inputRate) / outputRate;

  // The input from `reach - 1` samples before the next output on; before the first there is silence.
  let input = new Int16Array(4096);
  let length = reach - 1;
  /** The next output, in phases from input[0] + reach - 1. */
  let cursor = 0;
  let output = new Int16Array(4096);
  let stretchLeft = 0;
  let stretchPace = pace;
  let stretchEnd = 0;

  const append = (count: number): void => {
    if (length + count <= input.length) return;
    const larger = new Int16Array(2 * (length + count));
    larger.set(input.subarray(0, length));
    input = larger;
  };

  /** All outputs before `end`, in phases from input[0] + reach - 1. */
  const read = (end: number): Int16Array => {
    const most = Math.ceil(Math.max(0, end - cursor) / Math.min(pace, stretchPace)) + 1;
    if (most > output.length) output = new Int16Array(2 * most);
    let count = 0;
    while (cursor < end) {
      if (same && stretchLeft === 0) {
        // Whole samples, and the cursor is on one: they pass as they are.
        const at = cursor / phases + reach - 1;
        const stop = Math.ceil(end / phases) + reach - 1;
        output.set(input.subarray(at, stop), count);
        count += stop - at;
        cursor = (stop - reach + 1) * phases;
      } else if (stretchLeft === 0) {
        const outputs = Math.ceil((end - cursor) / pace);
        convolve(kernel, taps, input, cursor, pace, output, count, outputs);
        count += outputs;
        cursor += outputs * pace;
      } else {
        const outputs = Math.min(stretchLeft, Math.ceil((end - cursor) / stretchPace));
        convolve(kernel, taps, input, cursor, stretchPace, output, count, outputs);
        count += outputs;
        stretchLeft -= outputs;
        cursor = stretchLeft > 0 ? cursor + outputs * stretchPace : stretchEnd;
      }
    }
    const used = Math.min(Math.floor(cursor / phases), length);
    input.copyWithin(0, used, length);
    length -= used;
    cursor -= used * phases;
    stretchEnd -= used * phases;
    return output.subarray(0, count);
  };

  return {
    push(samples) {
      append(samples.length);
      input.set(samples, length);
      length += samples.length;
      return read((length - taps + 1) * phases);
    },

    flush() {
      const end = (length - reach + 1) * phases;
      append(taps);
      input.fill(0, length, length + taps);
      length += taps;
      const last = read(end);
      input.fill(0, 0, reach - 1);
      length = reach - 1;
      cursor = 0;
      stretchLeft = 0;
      return last;
    },

    lead: () => ((length - reach + 1) * phases - cursor) / pace,

    stretch(direction, outputs) {
      const shift = direction > 0 ? -phases : phases;
      stretchLeft = outputs;
      stretchPace = pace + shift / outputs;
      stretchEnd = cursor + outputs * pace + shift;
    },

    get stretching() {
      return stretchLeft > 0;
    },
  };
};

/** `outputs` outputs, `pace` phases apart; `taps` is a multiple of 4, summed in four, which processors do side by side. */
const convolve = (
  kernel: Float64Array,
  taps: number,
  input: Int16Array,
  cursor: number,
  pace: number,
  output: Int16Array,
  from: number,
  outputs: number,
): void => {
  for (let n = 0; n < outputs; n++) {
    const phase = cursor + n * pace;
    const index = Math.floor(phase / phases);
    const row = Math.round(phase - index * phases) * taps;
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let tap = 0; tap < taps; tap += 4) {
      const k = row + tap;
      const i = index + tap;
      a += (kernel[k] ?? 0) * (input[i] ?? 0);
      b += (kernel[k + 1] ?? 0) * (input[i + 1] ?? 0);
      c += (kernel[k + 2] ?? 0) * (input[i + 2] ?? 0);
      d += (kernel[k + 3] ?? 0) * (input[i + 3] ?? 0);
    }
    output[from + n] = Math.max(-32768, Math.min(32767, Math.round(a + b + c + d)));
  }
};

/** Rows of `2 * reach` taps, one row for each phase and one more for phase 1; each row sums to 1. */
const kernelFor = (reach: number, narrowing: number, beta: number): Float64Array => {
  const key = `${reach} ${narrowing} ${beta}`;
  const known = kernels.get(key);
  if (known !== undefined) return known;
  const taps = 2 * reach;
  const kernel = new Float64Array((phases + 1) * taps);
  for (let row = 0; row <= phases; row++) {
    let sum = 0;
    for (let tap = 0; tap < taps; tap++) {
      const distance = tap - (reach - 1) - row / phases;
      const value = sinc(distance / narrowing) * kaiser(distance / reach, beta);
      kernel[row * taps + tap] = value;
      sum += value;
    }
    for (let tap = 0; tap < taps; tap++) kernel[row * taps + tap] = (kernel[row * taps + tap] ?? 0) / sum;
  }
  kernels.set(key, kernel);
  return kernel;
};

const sinc = (x: number): number => {
  if (Number.isInteger(x)) return x === 0 ? 1 : 0;
  return Math.sin(Math.PI * x) / (Math.PI * x);
};

/** The Kaiser window at -1..1, 0 outside. */
const kaiser = (x: number, beta: number): number =>
  x <= -1 || x >= 1 ? 0 : bessel(beta * Math.sqrt(1 - x * x)) / bessel(beta);

/** The modified Bessel function of order 0. */
const bessel = (x: number): number => {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > 1e-12 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
};
