import type { ReportDigit } from './rfc4733-digits.ts';

/**
 * Finds the keys that are pressed in the sound of one track at 8 kHz: two tones at once, one of each group (ITU-T Q.23),
 * within the limits of Q.24. Frequencies up to 1.5 % off are taken and from 3.5 % on refused; tones from 40 ms on are
 * taken and below 23 ms refused; 40 ms of pause separate two presses; the higher tone may be 8 dB weaker or 4 dB stronger,
 * and noise 15 dB below the tones does no harm. Times are ms on the recording's clock.
 */
export interface ToneDetector {
  /** G.711 bytes that arrived at t, which holds the sound up to t; `samples` has the sample of each of the 256 bytes. */
  g711(samples: Int16Array, payload: Uint8Array, t: number): void;
  /** Decoded sound at 8 kHz. */
  pcm(samples: Int16Array, t: number): void;
  /** Ends a key press when no packet comes. */
  tick(now: number): void;
  /** Reports a key that is still down; for the end of the recording. */
  finish(): void;
}

const rate = 8000;
const lowGroup = [697, 770, 852, 941] as const;
const highGroup = [1209, 1336, 1477, 1633] as const;
const frequencies: readonly number[] = [...lowGroup, ...highGroup];
const keys = ['123A', '456B', '789C', '*0#D'] as const;

/** The two frequencies of a key, Hz (ITU-T Q.23); none for what is no key. */
export const keyFrequencies = (digit: string): readonly number[] => {
  const row = keys.findIndex((names) => digit !== '' && names.includes(digit));
  const column = keys[row]?.indexOf(digit) ?? -1;
  return [lowGroup[row], highGroup[column]].filter((hz) => hz !== undefined);
};

/** 20 ms: a window that half of the shortest tone fills. */
const windowSize = 160;
/** It moves by 5 ms, so that the phase of a tone tells its frequency up to 100 Hz beside the one that is looked for. */
const hop = 40;
/** Windows that hold nothing but the tones, of which a key press has this many: the shortest tone has four, 23 ms two. */
const leastClear = 3;
/** Windows without the tones that end a key press: more than the splice of a lost packet spoils, fewer than a pause has. */
const missesToEnd = 6;
/** Time without packets that ends a key press. */
const silenceToEndMs = 60;
/** Between the 1.5 % that must be taken and the 3.5 % that must not. */
const tolerance = 0.024;
/** The part of a window's power that the two tones have at least; a gap of 4 ms leaves them 0.8. */
const leastShare = 0.8;
/** The same of a clear window: noise at -15 dB leaves them 0.97, and voices hardly ever do for long. */
const clearShare = 0.95;
/** The same of a window that is worth a second look, in part filled, and of the lower tone alone, whatever the twist. */
const likelyShare = 0.4;
const likelyLow = 0.06;
/** How much stronger the higher tone may be, dB; a little more than Q.24 asks for. */
const twistDb = { least: -10, most: 6 };
/** Each tone's least power: a sine of -38 dBFS. */
const leastPower = (32768 * 10 ** (-38 / 20)) ** 2 / 2;

const weights = Float64Array.from({ length: windowSize }, (_, i) => {
  return 0.54 - 0.46 * Math.cos((2 * Math.PI * (i + 0.5)) / windowSize);
});
const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
const weightSum = sum(weights);
const powerSum = sum(weights.map((weight) => weight * weight));

/** Cosine and sine under the window, one after the other, for each frequency. */
const waves = frequencies.map((hz) => {
  const at = (i: number): number => (2 * Math.PI * hz * i) / rate;
  return {
    cosine: weights.map((weight, i) => weight * Math.cos(at(i))),
    sine: weights.map((weight, i) => weight * Math.sin(at(i))),
    /** What the phase advances from one window to the next. */
    advance: at(hop),
    mostOffset: hz * tolerance,
  };
});

/** The power that is found of a tone so many Hz beside the one that is looked for, 1 = all. */
const foundOf = Float64Array.from({ length: 41 }, (_, hz) => {
  const found = sum(weights.map((weight, i) => weight * Math.cos((2 * Math.PI * hz * (i - windowSize / 2)) / rate)));
  return (found / weightSum) ** 2;
});

interface Press {
  readonly digit: string;
  /** Ends of the first and of the last window that had the tones. */
  readonly first: number;
  last: number;
  /** Windows of it that were clear. */
  clear: number;
  misses: number;
}

export const createToneDetector = (report: ReportDigit): ToneDetector => {
  const sound = new Float64Array(windowSize);
  let filled = windowSize - hop;
  let reals = new Float64Array(frequencies.length);
  let imaginaries = new Float64Array(frequencies.length);
  let realsBefore = new Float64Array(frequencies.length);
  let imaginariesBefore = new Float64Array(frequencies.length);
  /** The last window may have been the beginning of a key press: all its frequencies are measured. */
  let likely = false;
  let idle = 0;
  let press: Press | undefined;
  let lastPacket = 0;

  const finish = (): void => {
    const ended = press;
    press = undefined;
    if (!ended || ended.clear < leastClear) return;
    // A window may miss a little of the tones at either end.
    report(ended.digit, Math.max(0, ended.first - windowSize / 8 + 2), ended.last - 2);
  };

  /** Measures the four frequencies of a group, from `group` on. */
  const measure = (group: number): void => {
    for (let k = group; k < group + 4; k++) {
      const { cosine, sine } = waves[k] as (typeof waves)[number];
      let real = 0;
      let imaginary = 0;
      for (let i = 0; i < windowSize; i++) {
        const sample = sound[i] as number;
        real += sample * (cosine[i] as number);
        imaginary -= sample * (sine[i] as number);
      }
      reals[k] = real;
      imaginaries[k] = imaginary;
    }
  };

  const powerAt = (k: number): number => 2 * ((reals[k] ?? 0) ** 2 + (imaginaries[k] ?? 0) ** 2);

  const strongest = (from: number): number => {
    let best = from;
    for (let k = from + 1; k < from + 4; k++) if (powerAt(k) > powerAt(best)) best = k;
    return best;
  };

  /** The power of the tone near a frequency, 0 if it is too far from it: its phase since the last window tells. */
  const toneNear = (k: number): number => {
    const { advance, mostOffset } = waves[k] as (typeof waves)[number];
    const [re, im] = [reals[k] ?? 0, imaginaries[k] ?? 0];
    const [re0, im0] = [realsBefore[k] ?? 0, imaginariesBefore[k] ?? 0];
    const turned = Math.atan2(im * re0 - re * im0, re * re0 + im * im0) - advance;
    const offset = ((turned - 2 * Math.PI * Math.round(turned / (2 * Math.PI))) * rate) / (2 * Math.PI * hop);
    if (Math.abs(offset) > mostOffset) return 0;
    return powerAt(k) / weightSum ** 2 / (foundOf[Math.round(Math.abs(offset))] ?? 1);
  };

  /** The digit whose tones fill the window, and if they fill it clearly. */
  const digitOfWindow = (): { readonly digit: string | undefined; readonly clear: boolean } | undefined => {
    const before = likely;
    likely = false;
    let energy = 0;
    for (let i = 0; i < windowSize; i++) energy += ((sound[i] as number) * (weights[i] as number)) ** 2;
    const power = energy / powerSum;
    if (power < leastPower) return undefined;
    [reals, realsBefore] = [realsBefore, reals];
    [imaginaries, imaginariesBefore] = [imaginariesBefore, imaginaries];
    measure(0);
    const low = strongest(0);
    if (powerAt(low) / weightSum ** 2 < likelyLow * power) return undefined;
    measure(4);
    const high = strongest(4);
    likely = (powerAt(low) + powerAt(high)) / weightSum ** 2 >= likelyShare * power;
    if (!before || !likely) return undefined;
    const [lowPower, highPower] = [toneNear(low), toneNear(high)];
    if (lowPower < leastPower || highPower < leastPower || lowPower + highPower < leastShare * power) return undefined;
    const twist = 10 * Math.log10(highPower / lowPower);
    if (twist < twistDb.least || twist > twistDb.most) return undefined;
    return { digit: keys[low]?.[high - 4], clear: lowPower + highPower >= clearShare * power };
  };

  const takeWindow = (t: number): void => {
    // As long as there is nothing to follow, half of the windows will do: they overlap.
    if (!press && !likely && ++idle % 2 === 0) return;
    const found = digitOfWindow();
    const digit = found?.digit;
    const clear = found?.clear ? 1 : 0;
    if (press && digit === press.digit) {
      press.clear += clear;
      press.misses = 0;
      press.last = t;
      return;
    }
    if (press && ++press.misses >= (digit === undefined ? missesToEnd : 2)) finish();
    if (!press && digit !== undefined) press = { digit, first: t, last: t, clear, misses: 0 };
  };

  /** The window is full: it ends so many samples before t. */
  const windowFull = (t: number, left: number): void => {
    takeWindow(t - left / 8);
    sound.copyWithin(0, hop);
    filled = windowSize - hop;
  };

  return {
    g711(samples, payload, t) {
      lastPacket = t;
      const { length } = payload;
      for (let i = 0; i < length; i++) {
        sound[filled++] = samples[payload[i] as number] as number;
        if (filled === windowSize) windowFull(t, length - 1 - i);
      }
    },
    pcm(samples, t) {
      lastPacket = t;
      const { length } = samples;
      for (let i = 0; i < length; i++) {
        sound[filled++] = samples[i] as number;
        if (filled === windowSize) windowFull(t, length - 1 - i);
      }
    },
    tick(now) {
      if (press && now - lastPacket >= silenceToEndMs) finish();
    },
    finish,
  };
};
