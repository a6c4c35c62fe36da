/** The samples of one track by position: sound is added where it belongs, silence is where nothing was. */
export interface Timeline {
  /**
   * Adds samples from `position` on, saturating where sound is already (two sources at once). What lies before 0 or in
   * what was taken already is dropped; the answer is how many samples that was after 0.
   */
  add(position: number, samples: Int16Array): number;
  /** The next samples before `limit`, at most a second, undefined if there are none. They are never asked for again. */
  take(limit: number): Int16Array | undefined;
  /** How many samples were taken. */
  readonly taken: number;
}

/** An empty timeline; it holds memory only for seconds in which something sounds and that were not taken yet. */
export const createTimeline = (sampleRate: number): Timeline => {
  const seconds = new Map<number, Int16Array>();
  let taken = 0;
  /** From here on nothing was added yet. */
  let untouched = Number.NEGATIVE_INFINITY;

  const second = (index: number): Int16Array => {
    let samples = seconds.get(index);
    if (samples === undefined) {
      samples = new Int16Array(sampleRate);
      seconds.set(index, samples);
    }
    return samples;
  };

  return {
    add(position, samples) {
      const count = samples.length;
      const skipped = Math.max(0, Math.min(count, taken - position));
      let from = skipped;
      while (from < count) {
        const index = Math.floor((position + from) / sampleRate);
        const target = second(index);
        let at = position + from - index * sampleRate;
        const end = Math.min(count, from + sampleRate - at);
        if (position + from >= untouched) {
          target.set(samples.subarray(from, end), at);
          from = end;
          continue;
        }
        for (; from < end; from++, at++) {
          const sum = (target[at] ?? 0) + (samples[from] ?? 0);
          target[at] = Math.max(-32768, Math.min(32767, sum));
        }
      }
      untouched = Math.max(untouched, position + count);
      return Math.max(0, skipped - Math.max(0, -position));
    },

    take(limit) {
      if (limit <= taken) return undefined;
      const index = Math.floor(taken / sampleRate);
      const start = taken - index * sampleRate;
      const end = Math.min(sampleRate, limit - index * sampleRate);
      const samples = seconds.get(index);
      taken = index * sampleRate + end;
      if (end === sampleRate) seconds.delete(index);
      return samples === undefined ? new Int16Array(end - start) : samples.subarray(start, end);
    },

    get taken() {
      return taken;
    },
  };
};
