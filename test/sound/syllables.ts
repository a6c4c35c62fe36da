import { randomNumbers } from '../unit/track/sender.ts';

const rate = 8000;
const edge = 0.02 * rate;

/** Formants of five vowels, Hz. */
const vowels = [
  [730, 1090, 2440],
  [270, 2290, 3010],
  [300, 870, 2240],
  [530, 1840, 2480],
  [570, 840, 2410],
] as const;

/** How loud a harmonic is: three resonances of 90 Hz over the fall of the voice. */
const gainAt = (hz: number, formants: readonly number[]): number =>
  formants.reduce((sum, formant) => sum + 1 / (1 + ((hz - formant) / 90) ** 2), 0.02) * (200 / (200 + hz));

/**
 * Sound that is made like speech: vowels whose pitch glides between 90 and 260 Hz, hisses and pauses in turn; 8 kHz, and the
 * same for the same seed.
 */
export const syllables = (seconds: number, seed: number): Int16Array => {
  const random = randomNumbers(seed);
  const sound = new Int16Array(seconds * rate);
  const speaker = 90 + random() * 110;
  const fade = (i: number, length: number): number => Math.min(1, i / edge, (length - i) / edge);
  for (let at = 0; at < sound.length; ) {
    const voiced = Math.floor((0.12 + random() * 0.25) * rate);
    const formants = vowels[Math.floor(random() * vowels.length)] ?? vowels[0];
    const from = speaker * (0.85 + random() * 0.35);
    const to = speaker * (0.85 + random() * 0.35);
    const loud = 3000 + random() * 6000;
    const harmonics = Array.from({ length: Math.floor(3600 / Math.max(from, to)) }, (_, n) => ({
      gain: gainAt((n + 1) * ((from + to) / 2), formants),
      phase: random() * 2 * Math.PI,
    }));
    let phase = 0;
    for (let i = 0; i < voiced && at + i < sound.length; i++) {
      phase += (2 * Math.PI * (from + ((to - from) * i) / voiced)) / rate;
      let sum = 0;
      for (const [n, harmonic] of harmonics.entries())
        sum += harmonic.gain * Math.sin((n + 1) * phase + harmonic.phase);
      sound[at + i] = Math.round(loud * fade(i, voiced) * sum);
    }
    at += voiced;
    const hiss = Math.floor(random() * 0.1 * rate);
    let last = 0;
    for (let i = 0; i < hiss && at + i < sound.length; i++) {
      const white = random() - 0.5;
      sound[at + i] = Math.round(2500 * fade(i, hiss) * (white - last));
      last = white;
    }
    at += hiss + Math.floor(random() ** 2 * 0.25 * rate);
  }
  return sound;
};
