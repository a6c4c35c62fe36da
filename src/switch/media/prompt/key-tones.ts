import { keyFrequencies } from '../../../recorder/capture/tone-digits.ts';
import { joinSamples } from './clip.ts';
import { gapFrames, keyFrames, pauseFrames } from './key-sender.ts';
import { frameSamples, sampleRate } from './pcm-source.ts';
import { renderTone } from './tone.ts';

/** Level of the two tones together, dBFS: within what ITU-T Q.23 and Q.24 have senders and receivers agree on. */
const levelDb = -9;

/** Digits and pauses as tones in the sound (ITU-T Q.23), 8 kHz: for a party that takes no events. */
export const renderKeys = (keys: string): Int16Array =>
  joinSamples(
    [...keys].map((key) => {
      const pause = pauseFrames[key];
      return pause === undefined ? renderKey(key) : new Int16Array(pause * frameSamples);
    }),
  );

const renderKey = (key: string): Int16Array => {
  const samples = new Int16Array((keyFrames + gapFrames) * frameSamples);
  const components = keyFrequencies(key).map((hz) => ({ hz, weight: 1 }));
  samples.set(renderTone({ components, levelDb, seconds: (keyFrames * frameSamples) / sampleRate }));
  return samples;
};
