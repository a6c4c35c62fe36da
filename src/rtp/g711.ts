/**
 * G.711 as RTP carries it (RFC 3551 section 4.5.14): PCMU (mu-law, payload type 0) and PCMA (A-law, payload type 8), one
 * byte a sample at 8 kHz. Samples are 16 bit: mu-law reaches +-32124, A-law +-32256. Both ways are table look-ups.
 */

/** mu-law's bias, which makes each segment twice the one before. */
const muLawBias = 132;

/** The byte of silence in PCMU: the positive zero. */
export const pcmuSilence = 0xff;

/** The byte of the quietest level in PCMA, which has no zero: +8 of 32768. */
export const pcmaSilence = 0xd5;

const expandPcmu = (byte: number): number => {
  const bits = ~byte & 0xff;
  const magnitude = (((bits & 0x0f) << 3) + muLawBias) << ((bits >> 4) & 7);
  return (bits & 0x80) !== 0 ? muLawBias - magnitude : magnitude - muLawBias;
};

const expandPcma = (byte: number): number => {
  const bits = byte ^ 0x55;
  const segment = (bits >> 4) & 7;
  const step = ((bits & 0x0f) << 4) + 8;
  const magnitude = segment === 0 ? step : (step + 256) << (segment - 1);
  return (bits & 0x80) !== 0 ? magnitude : -magnitude;
};

const compressPcmu = (sample: number): number => {
  const magnitude = Math.min(Math.abs(sample), 32635) + muLawBias;
  const segment = 31 - Math.clz32(magnitude) - 7;
  const bits = (segment << 4) | ((magnitude >> (segment + 3)) & 0x0f);
  return ~(sample < 0 ? bits | 0x80 : bits) & 0xff;
};

const compressPcma = (sample: number): number => {
  // G.711 numbers A-law's negative levels from -1, so a negative sample is mirrored at -0.5 and not at 0.
  const magnitude = sample < 0 ? -sample - 1 : sample;
  const segment = magnitude < 256 ? 0 : 31 - Math.clz32(magnitude) - 7;
  const bits = (segment << 4) | ((magnitude >> (segment === 0 ? 4 : segment + 3)) & 0x0f);
  return (sample < 0 ? bits : bits | 0x80) ^ 0x55;
};

const expansion = (expand: (byte: number) => number): Int16Array =>
  Int16Array.from({ length: 256 }, (_, b) => expand(b));

/** Indexed by the sample's 16 bits read as unsigned. */
const compression = (compress: (sample: number) => number): Uint8Array =>
  Uint8Array.from({ length: 65536 }, (_, bits) => compress((bits << 16) >> 16));

/** The 256 samples of PCMU, by byte. */
export const pcmuSamples: Int16Array = expansion(expandPcmu);

/** The 256 samples of PCMA, by byte. */
export const pcmaSamples: Int16Array = expansion(expandPcma);

const pcmuBytes = compression(compressPcmu);
const pcmaBytes = compression(compressPcma);

/** Memory that results are cut from: 2 s. An array of its own for each payload would cost more than decoding it. */
const slabSamples = 16_384;
let slab = new Int16Array(slabSamples);
let slabUsed = 0;

const room = (length: number): Int16Array => {
  if (length > slabSamples) return new Int16Array(length);
  if (slabUsed + length > slabSamples) {
    slab = new Int16Array(slabSamples);
    slabUsed = 0;
  }
  const samples = slab.subarray(slabUsed, slabUsed + length);
  slabUsed += length;
  return samples;
};

const decode = (table: Int16Array, payload: Uint8Array): Int16Array => {
  const { length } = payload;
  const samples = room(length);
  for (let i = 0; i < length; i++) samples[i] = table[payload[i] ?? 0] ?? 0;
  return samples;
};

const encode = (table: Uint8Array, samples: Int16Array, target: Uint8Array, offset: number): void => {
  for (let i = 0; i < samples.length; i++) target[offset + i] = table[(samples[i] ?? 0) & 0xffff] ?? 0;
};

/** The samples of a PCMU payload, one for each byte; they are the caller's, and share their memory with others of 2 s. */
export const decodePcmu = (payload: Uint8Array): Int16Array => decode(pcmuSamples, payload);

/** The samples of a PCMA payload, as decodePcmu. */
export const decodePcma = (payload: Uint8Array): Int16Array => decode(pcmaSamples, payload);

/** Writes the samples as PCMU to `target` from `offset` on, one byte each. */
export const encodePcmu = (samples: Int16Array, target: Uint8Array, offset = 0): void =>
  encode(pcmuBytes, samples, target, offset);

/** Writes the samples as PCMA to `target` from `offset` on, one byte each. */
export const encodePcma = (samples: Int16Array, target: Uint8Array, offset = 0): void =>
  encode(pcmaBytes, samples, target, offset);
