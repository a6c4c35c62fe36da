import { expect, test } from 'vitest';
import { createToneDetector } from '../../../src/recorder/capture/tone-digits.ts';
import { encodePcmu, pcmuSamples } from '../../../src/rtp/g711.ts';
import { spokenText } from '../../sound/spoken.ts';

const text = `The quick brown fox jumps over the lazy dog. She sells sea shells by the sea shore. How are you today?
Please leave your message after the tone, and we will call you back as soon as we can. One two three four five six
seven eight nine zero. You owe me a yoyo, we were away a year ago. Ooh, no, oh yes I see, aha, mmm, hello, hello.
Many men mean money more or less.`;

/** Spoken text as PCMU. */
const spoken = async (voice: string, pitch: number): Promise<Uint8Array> => {
  const sound = await spokenText(text, voice, pitch);
  const bytes = new Uint8Array(sound.length);
  encodePcmu(sound, bytes);
  return bytes;
};

test('no key is heard in ten minutes of speech by low and high voices', async () => {
  let seconds = 0;
  const heard: string[] = [];
  for (const voice of [
    'en-us',
    'en-us+f2',
    'en-us+f4',
    'en-us+m3',
    'en-us+croak',
    'de+f2',
    'fr+f4',
    'es+f3',
    'ru+f2',
  ]) {
    for (const pitch of [30, 60, 90]) {
      const bytes = await spoken(voice, pitch);
      seconds += bytes.length / 8000;
      const detector = createToneDetector((digit, from, to) =>
        heard.push(`${digit} in ${voice} at pitch ${pitch}, ${Math.round(from)}-${Math.round(to)} ms`),
      );
      for (let at = 0; at < bytes.length; at += 160) {
        detector.g711(pcmuSamples, bytes.subarray(at, at + 160), at / 8 + 20);
      }
      detector.finish();
    }
  }
  expect(heard).toEqual([]);
  expect(seconds).toBeGreaterThan(600);
});
