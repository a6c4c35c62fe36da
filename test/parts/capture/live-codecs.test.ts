import { describe, expect, test } from 'vitest';
import { createLiveAnalysis, type LiveAnalysisOptions } from '../../../src/recorder/capture/live-analysis.ts';
import { createLiveSound } from '../../../src/recorder/capture/live-sound.ts';
import { openOpusDecoder } from '../../../src/rtp/opus.ts';
import type { PayloadMap } from '../../../src/rtp/payload.ts';
import { joined, keyTone, silence } from '../../sound/dtmf.ts';
import { type EncodedCodec, encodedRate, encodeFrames } from '../../sound/encoded.ts';
import { tone } from '../../sound/tone.ts';

const payloads: PayloadMap = {
  9: { codec: 'G722', clockRate: 8000, channels: 1 },
  111: { codec: 'OPUS', clockRate: 48_000, channels: 2 },
};
const payloadTypeOf = { G722: 9, OPUS: 111 } as const;
const codecs = ['G722', 'OPUS'] as const;
const allKeys = '147*2580369#ABCD';

/** 8 kHz read at 48: each sample six times, whose images no codec and no detector minds here. */
const at48 = (sound: Float64Array): Int16Array =>
  Int16Array.from({ length: sound.length * 6 }, (_, i) => Math.round(sound[Math.floor(i / 6)] ?? 0));

/** Sends a sound through the analysis as a fork would, and resolves when all of it has been heard. */
const analyse = async (
  codec: EncodedCodec,
  sound: Int16Array,
  options: LiveAnalysisOptions,
  order: (frames: readonly Uint8Array[]) => readonly (readonly [sequence: number, frame: Uint8Array])[] = (frames) =>
    frames.map((frame, i) => [i, frame] as const),
): Promise<void> => {
  const analysis = createLiveAnalysis(options);
  analysis.update(payloads);
  const frames = order(await encodeFrames(codec, sound, 48_000));
  for (const [i, [sequence, payload]] of frames.entries()) {
    const packet = { marker: false, payloadType: payloadTypeOf[codec], sequence, timestamp: 0, ssrc: 1, payload };
    analysis.packet(packet, (i + 1) * 20);
    // A second of them comes before libopus is there; one that is opened after it says when it is.
    if (i === 50) (await openOpusDecoder(8000)).close();
  }
  analysis.finish(frames.length * 20);
};

describe.each(codecs)('%s is analysed while it is captured', (codec) => {
  test('voices begin and end when they do, to a packet', async () => {
    const heard: [boolean, number][] = [];
    const sound = new Int16Array(encodedRate * 3);
    sound.set(tone(500, encodedRate, 1, 0.2), encodedRate);
    await analyse(codec, sound, {
      voice: { sensitivity: 44, report: (speaking, t) => heard.push([speaking, t]) },
    });
    expect(heard.map(([speaking]) => speaking)).toEqual([true, false]);
    expect(Math.abs((heard[0]?.[1] ?? 0) - 1000)).toBeLessThanOrEqual(30);
    expect(Math.abs((heard[1]?.[1] ?? 0) - 2000)).toBeLessThanOrEqual(60);
  });

  test('all sixteen keys are heard in the sound, each once, also if packets come twice', async () => {
    const pressed: string[] = [];
    const keys = [...allKeys].map((key) => joined(silence(80), keyTone(key, { ms: 80, dbfs: -12 }), silence(40)));
    await analyse(
      codec,
      at48(joined(...keys, silence(200))),
      { tones: { report: (digit) => pressed.push(digit) } },
      (frames) =>
        frames.flatMap((frame, i) =>
          i % 7 === 0
            ? [
                [i, frame],
                [i, frame],
              ]
            : [[i, frame]],
        ),
    );
    expect(pressed.join('')).toBe(allKeys);
  });
});

test('where libopus cannot be opened, packets count as speech, those too that had waited', async () => {
  const unheard: number[] = [];
  const sound = createLiveSound(
    () => expect.unreachable(),
    (t) => unheard.push(t),
    undefined,
    () => Promise.reject(new Error('no WebAssembly here')),
  );
  sound.opus(Uint8Array.of(0xf8), 20);
  sound.opus(Uint8Array.of(0xf8), 40);
  await expect.poll(() => unheard).toEqual([20, 40]);
  sound.opus(Uint8Array.of(0xf8), 60);
  expect(unheard).toEqual([20, 40, 60]);
  sound.close();
});
