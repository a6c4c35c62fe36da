/** Spoken texts by what they say and how, the least recently used of which go first. */
export interface SpeechCache {
  get(key: string): Int16Array | undefined;
  set(key: string, samples: Int16Array): void;
}

/** A cache of at most `maxBytes` of samples; what would fill more than a quarter of it is not kept. */
export const createSpeechCache = (maxBytes: number): SpeechCache => {
  const entries = new Map<string, Int16Array>();
  let bytes = 0;

  const drop = (key: string): void => {
    bytes -= entries.get(key)?.byteLength ?? 0;
    entries.delete(key);
  };

  return {
    get: (key) => {
      const samples = entries.get(key);
      if (samples === undefined) return undefined;
      // A Map iterates in the order of insertion: the one just used becomes the last.
      entries.delete(key);
      entries.set(key, samples);
      return samples;
    },

    set: (key, samples) => {
      drop(key);
      if (samples.byteLength > maxBytes / 4) return;
      entries.set(key, samples);
      bytes += samples.byteLength;
      for (const oldest of entries.keys()) {
        if (bytes <= maxBytes) return;
        drop(oldest);
      }
    },
  };
};
