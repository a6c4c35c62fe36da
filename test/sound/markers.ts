/** Ticks of a clock that can be heard and found again: a short pulse, far louder than anything around it. */
const pulseSamples = 8;
const pulseLevel = 30000;
const threshold = 15000;
/** What follows a pulse within this is part of it, or concealment repeating it. */
const refractoryMs = 200;

/** Where the pulse is in its second: behind what concealment fades over when a packet before it was lost. */
export const markerOffsetMs = 15;

/** A second of a 400 Hz tone of -20 dBFS (never quiet) with a pulse near its begin. */
export const markedSecond = (rate = 8000): Int16Array => {
  const samples = Int16Array.from({ length: rate }, (_, i) =>
    Math.round(3277 * Math.sin((2 * Math.PI * 400 * i) / rate)),
  );
  const at = (markerOffsetMs * rate) / 1000;
  samples.fill(pulseLevel, at, at + pulseSamples);
  return samples;
};

/** Where the marked seconds begin, in ms from the first sample. */
export const findMarkers = (samples: Int16Array, rate = 8000): number[] => {
  const found: number[] = [];
  const refractory = (refractoryMs * rate) / 1000;
  for (let i = 0; i < samples.length; i++) {
    if ((samples[i] ?? 0) < threshold) continue;
    found.push((i * 1000) / rate - markerOffsetMs);
    i += refractory;
  }
  return found;
};
