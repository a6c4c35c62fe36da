import { encodePcma, encodePcmu } from '../../src/rtp/g711.ts';
import { encodedRate, encodeFrames } from '../sound/encoded.ts';
import { g729Tones } from '../sound/g729-tones.ts';
import { tone } from '../sound/tone.ts';

/** What a phone can speak. */
export type Codec = 'PCMU' | 'PCMA' | 'G722' | 'OPUS' | 'G729';

/** Ticks of the RTP clock in 20 ms. */
export const packetTicks = (codec: Codec): number => (codec === 'OPUS' ? 960 : 160);

const rate = 8000;
const packetSamples = 160;

/** G.711 of a tone, a whole second of it, which repeats without a seam for whole hertz; also what SIPp's rtp_stream plays. */
export const g711Tone = (codec: 'PCMU' | 'PCMA', hz: number, seconds: number, amplitude: number): Uint8Array => {
  const samples = tone(hz, rate, seconds, amplitude);
  const bytes = new Uint8Array(samples.length);
  (codec === 'PCMU' ? encodePcmu : encodePcma)(samples, bytes);
  return bytes;
};

const cut = (bytes: Uint8Array, length: number): readonly Uint8Array[] =>
  Array.from({ length: Math.floor(bytes.length / length) }, (_, i) => bytes.subarray(i * length, (i + 1) * length));

/** G.711 of a tone in packets of 20 ms. */
export const g711Frames = (codec: 'PCMU' | 'PCMA', hz: number, amplitude: number): readonly Uint8Array[] =>
  cut(g711Tone(codec, hz, 1, amplitude), packetSamples);

/** Made once for each tone: an encoder is a process of its own. */
const encoded = new Map<string, Promise<readonly Uint8Array[]>>();

/** The payloads of a second of a tone, 20 ms each. G.729 is there for 440 and 900 Hz of the usual loudness. */
export const toneFrames = (codec: Codec, hz: number, amplitude: number): Promise<readonly Uint8Array[]> => {
  if (codec === 'PCMU' || codec === 'PCMA') return Promise.resolve(g711Frames(codec, hz, amplitude));
  const key = `${codec} ${hz} ${amplitude}`;
  const known = encoded.get(key);
  if (known !== undefined) return known;
  const making = codec === 'G729' ? g729Frames(hz) : aSecond(codec, hz, amplitude);
  encoded.set(key, making);
  return making;
};

const g729Frames = async (hz: number): Promise<readonly Uint8Array[]> => {
  const bytes = g729Tones[hz];
  if (bytes === undefined) throw new Error(`no G.729 of ${hz} Hz: there is ${Object.keys(g729Tones).join(' and ')}`);
  return cut(bytes, 20);
};

/** The second of two seconds, in which the encoder has settled. */
const aSecond = async (codec: 'G722' | 'OPUS', hz: number, amplitude: number): Promise<readonly Uint8Array[]> =>
  (await encodeFrames(codec, tone(hz, encodedRate, 2, amplitude), 48_000)).slice(50, 100);
