import { type Comparison, compareConcealment, lossPatterns } from '../../test/sound/concealment.ts';
import { spokenText } from '../../test/sound/spoken.ts';
import { syllables } from '../../test/sound/syllables.ts';
import type { Chapter, Kept } from './promise.ts';

const text = `The quick brown fox jumps over the lazy dog. She sells sea shells by the sea shore. How are you today?
Please leave your message after the tone, and we will call you back as soon as we can. One two three four five six
seven eight nine zero. You owe me a yoyo, we were away a year ago. Many men mean money more or less.`;

const voices = [
  ['en-us', 40],
  ['en-us+f2', 60],
  ['en-us+m3', 20],
  ['de+f3', 70],
] as const;

const seeds = [1, 2, 3, 4];

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Noise power of ours over that of Appendix I, and log-spectral distance of ours over that of Appendix I; 1 is as good. */
const ratiosOf = (comparisons: readonly Comparison[]): { noise: number; distance: number } => ({
  noise: 10 ** (mean(comparisons.map(({ snrDb }) => snrDb.appendixI - snrDb.ours)) / 10),
  distance:
    mean(comparisons.map(({ distanceDb }) => distanceDb.ours)) /
    mean(comparisons.map(({ distanceDb }) => distanceDb.appendixI)),
});

/** Averages of some seeds differ by that much from those of others. */
const asGood = 1.05;

const row = (what: string, comparisons: readonly Comparison[]): Kept => {
  const { noise, distance } = ratiosOf(comparisons);
  const lost = comparisons.reduce((sum, { lostPackets }) => sum + lostPackets, 0);
  const ours = mean(comparisons.map(({ distanceDb }) => distanceDb.ours));
  const silence = mean(comparisons.map(({ distanceDb }) => distanceDb.silence));
  return {
    promise: what,
    limit: `${asGood} each`,
    measured: `${noise.toFixed(3)} and ${distance.toFixed(3)} (distance ${ours.toFixed(1)} dB, of silence ${silence.toFixed(1)} dB; ${lost} packets lost)`,
    kept: Math.max(noise, distance) <= asGood,
  };
};

/** Concealment beside an implementation of G.711 Appendix I that is in the tests alone. */
export const lossChapter: Chapter = {
  title: 'Lost packets, ours over G.711 Appendix I: noise power by segmental SNR, and log-spectral distance',
  async measure() {
    const spoken = await Promise.all(voices.map(([voice, pitch]) => spokenText(text, voice, pitch)));
    return lossPatterns.flatMap((pattern) => [
      row(
        `${pattern.name}, of sound made like speech`,
        seeds.map((seed) => compareConcealment(syllables(60, seed), pattern, seed)),
      ),
      row(
        `${pattern.name}, of ${voices.length} voices of espeak-ng`,
        spoken.map((sound, i) => compareConcealment(sound, pattern, i + 1)),
      ),
    ]);
  },
};
