import { describe, expect, test } from 'vitest';
import { createG722Decoder, createG722LowerDecoder } from '../../../src/rtp/g722.ts';
import { openOpusDecoder } from '../../../src/rtp/opus.ts';
import { decodeByFfmpeg, encodedRate, encodeFrames } from '../../sound/encoded.ts';
import { goertzelDb, tone } from '../../sound/tone.ts';

const half = 20 * Math.log10(0.5);
const levelDb = 0.5;

/** Noise that is the same each time: every code and every state of the adaptation comes up. */
const noise = (seconds: number): Int16Array => {
  let state = 7;
  return Int16Array.from({ length: encodedRate * seconds }, (_, i) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >> 16) * Math.sin(i / 9000);
  });
};

const joined = (frames: readonly Uint8Array[]): Uint8Array => Buffer.concat(frames);

/** How far a decoder's noise is below the sound, dB; `rate` samples a second, after the delay that suits best. */
const signalToNoiseDb = (sound: Int16Array, decoded: Int16Array, mostDelay: number): number => {
  let best = Number.NEGATIVE_INFINITY;
  for (let delay = 0; delay <= mostDelay; delay++) {
    let signal = 0;
    let error = 0;
    for (let i = 2000; i < sound.length - 2000; i++) {
      signal += (sound[i] ?? 0) ** 2;
      error += ((sound[i] ?? 0) - (decoded[i + delay] ?? 0)) ** 2;
    }
    best = Math.max(best, 10 * Math.log10(signal / error));
  }
  return best;
};

describe('G.722', () => {
  test.each([
    ['a tone', tone(440, encodedRate, 1, 0.5)],
    ['a tone of the upper band', tone(5500, encodedRate, 1, 0.5)],
    ['noise of all levels', noise(3)],
    ['silence', new Int16Array(encodedRate)],
  ])('%s is the very samples that ffmpeg decodes', async (_name, sound) => {
    const encoded = joined(await encodeFrames('G722', sound));
    const ours = createG722Decoder().decode(encoded);
    expect(Buffer.from(ours.buffer)).toEqual(Buffer.from((await decodeByFfmpeg(encoded)).buffer));
  });

  test.each([440, 3000, 6000])('a tone of %d Hz comes back at its level and far above the noise', async (hz) => {
    const frames = await encodeFrames('G722', tone(hz, encodedRate, 1, 0.5));
    const decoder = createG722Decoder();
    const decoded = Int16Array.from(frames.flatMap((frame) => [...decoder.decode(frame)]));
    expect(Math.abs(goertzelDb(decoded.subarray(3200, 12_800), 16_000, hz) - half)).toBeLessThan(levelDb);
    // Four bits fewer for the upper band.
    expect(signalToNoiseDb(tone(hz, 16_000, 1, 0.5), decoded, 40)).toBeGreaterThan(hz < 4000 ? 40 : 20);
  });

  test('the lower band alone has voices and keys at their level, and nothing of the upper one', async () => {
    const decodeLower = async (hz: number): Promise<Int16Array> =>
      createG722LowerDecoder().decode(joined(await encodeFrames('G722', tone(hz, encodedRate, 1, 0.5))));
    for (const hz of [697, 1633]) {
      const lower = await decodeLower(hz);
      expect(lower.length).toBe(8000);
      expect(Math.abs(goertzelDb(lower.subarray(800, 7200), 8000, hz) - half)).toBeLessThan(levelDb);
    }
    expect(goertzelDb((await decodeLower(6000)).subarray(800, 7200), 8000, 2000)).toBeLessThan(half - 40);
  });
});

describe('Opus', () => {
  test.each([
    [440, 48_000],
    [9000, 48_000],
    [440, 8000],
  ] as const)('a tone of %d Hz is decoded to %d Hz at its level', async (hz, rate) => {
    const frames = await encodeFrames('OPUS', tone(hz, encodedRate, 1, 0.5), 64_000);
    const decoder = await openOpusDecoder(rate);
    const decoded = Int16Array.from(frames.flatMap((frame) => [...decoder.decode(frame)]));
    decoder.close();
    const middle = decoded.subarray(rate / 5, (rate * 4) / 5);
    expect(Math.abs(goertzelDb(middle, rate, hz) - half)).toBeLessThan(levelDb);
    expect(signalToNoiseDb(tone(hz, rate, 1, 0.5), decoded, rate / 100)).toBeGreaterThan(20);
  });
});
