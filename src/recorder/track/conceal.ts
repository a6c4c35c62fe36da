/**
 * Concealment of lost packets after the principle of ITU-T G.711 Appendix I: the last pitch period before the loss goes
 * on, from 10 ms on the last two and from 20 ms on the last three (so that it doesn't buzz), fading out from 10 to 60 ms;
 * all joints overlap by a quarter of a period. The sound before the loss is not delayed for it: whoever feeds this
 * holds the last packet back until it knows what follows.
 */
export interface Concealer {
  /** Sound that was received (or silence that was meant). */
  remember(samples: Int16Array): void;
  /** A silence too long to remember what was before it. */
  forget(): void;
  /**
   * A loss follows what was remembered last. Answers the end of that, a quarter of a pitch period, as it has to sound
   * now, so that it joins the concealment.
   */
  begin(): Int16Array;
  /** The next `count` samples of concealment; silence from 60 ms on. */
  fill(count: number): Int16Array;
  /** The loss is over: fades, in place, from concealment into the first sound after it. */
  recover(samples: Int16Array): void;
}

/** How long a loss is concealed, in ms; silence after that. */
export const concealMs = 60;

const stepMs = 10;

/** A concealer for sound of one sample rate. */
export const createConcealer = (sampleRate: number): Concealer => {
  const samplesOf = (ms: number): number => Math.round((ms * sampleRate) / 1000);
  const shortest = samplesOf(5);
  const longest = samplesOf(15);
  const window = samplesOf(20);
  const step = samplesOf(stepMs);
  const fadeEnd = samplesOf(concealMs);
  // Three of the longest periods and the quarter before them.
  const size = 3 * longest + (longest >> 2) + 1;

  const history = new Int16Array(size);
  /** `history` as it was when the loss began. */
  const before = new Int16Array(size);
  /** `before` with its end bent so that the last periods repeat without a seam. */
  const loop = new Float64Array(size);
  let period = longest;
  let periods = 1;
  let phase = 0;
  let filled = 0;

  const remember = (samples: Int16Array): void => {
    if (samples.length >= size) {
      history.set(samples.subarray(samples.length - size));
      return;
    }
    history.copyWithin(0, samples.length);
    history.set(samples, size - samples.length);
  };

  /** Bends the last quarter period into what came before the looped periods. */
  const bend = (): void => {
    const quarter = period >> 2;
    for (let i = 0; i < quarter; i++) {
      const weight = (i + 1) / (quarter + 1);
      const at = size - quarter + i;
      loop[at] = (1 - weight) * (before[at] ?? 0) + weight * (before[at - periods * period] ?? 0);
    }
  };

  const next = (): number => {
    const length = periods * period;
    const sample = loop[size - length + phase] ?? 0;
    phase = phase + 1 === length ? 0 : phase + 1;
    return sample;
  };

  const gain = (): number => {
    if (filled < step) return 1;
    return filled >= fadeEnd ? 0 : (fadeEnd - filled) / (fadeEnd - step);
  };

  /** Reads from one more period, at the same phase of the pitch, and overlaps a quarter period with how it was. */
  const widen = (target: Int16Array, at: number, count: number): number => {
    const overlap = Math.min(period >> 2, count);
    const old = new Float64Array(overlap);
    const oldPhase = phase;
    for (let i = 0; i < overlap; i++) old[i] = next();
    phase = oldPhase % period;
    periods++;
    bend();
    for (let i = 0; i < overlap; i++, filled++) {
      const weight = (i + 1) / (overlap + 1);
      target[at + i] = Math.round(gain() * ((1 - weight) * (old[i] ?? 0) + weight * next()));
    }
    return overlap;
  };

  return {
    remember,
    forget: () => void history.fill(0),

    begin() {
      period = pitchPeriod(history, shortest, longest, window);
      periods = 1;
      phase = 0;
      filled = 0;
      before.set(history);
      loop.set(history);
      bend();
      const end = new Int16Array(period >> 2);
      for (let i = 0; i < end.length; i++) end[i] = Math.round(loop[size - end.length + i] ?? 0);
      history.set(end, size - end.length);
      return end;
    },

    fill(count) {
      const samples = new Int16Array(count);
      let at = 0;
      while (at < count && filled < fadeEnd) {
        if (periods < 3 && filled >= periods * step) at += widen(samples, at, count - at);
        const end = Math.min(count, periods < 3 ? at + periods * step - filled : count);
        for (; at < end && filled < fadeEnd; at++, filled++) samples[at] = Math.round(gain() * next());
      }
      filled += count - at;
      remember(samples);
      return samples;
    },

    recover(samples) {
      const steps = Math.floor(filled / step);
      const wanted = (period >> 2) + Math.max(0, steps - 1) * samplesOf(4);
      const overlap = Math.min(wanted, step, samples.length);
      for (let i = 0; i < overlap; i++, filled++) {
        const weight = (i + 1) / (overlap + 1);
        samples[i] = Math.round((1 - weight) * gain() * next() + weight * (samples[i] ?? 0));
      }
    },
  };
};

/**
 * The lag between `shortest` and `longest` at which the last `window` samples are most like those before them: normalised
 * cross-correlation, first on every second sample and lag, then exactly around the best.
 */
const pitchPeriod = (history: Int16Array, shortest: number, longest: number, window: number): number => {
  const coarse = bestLag(history, shortest, longest, window, 2);
  return bestLag(history, Math.max(shortest, coarse - 1), Math.min(longest, coarse + 1), window, 1);
};

const bestLag = (history: Int16Array, from: number, to: number, window: number, stride: number): number => {
  const start = history.length - window;
  let best = to;
  let bestScore = Number.NEGATIVE_INFINITY;
  // From the longest down: of equal lags the longer one has more of the sound in it.
  for (let lag = to; lag >= from; lag -= stride) {
    let product = 0;
    let energy = 1;
    for (let i = start; i < history.length; i += stride) {
      const past = history[i - lag] ?? 0;
      product += past * (history[i] ?? 0);
      energy += past * past;
    }
    const score = product / Math.sqrt(energy);
    if (score > bestScore) {
      bestScore = score;
      best = lag;
    }
  }
  return best;
};
