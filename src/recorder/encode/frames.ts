import type { PcmShape } from './formats.ts';

/** A stream of an encoder as its frames, each a whole one; undefined if it is not made of frames of this sound alone. */
export type SplitFrames = (stream: Buffer, shape: PcmShape) => readonly Buffer[] | undefined;

/** kbit/s by the header's index; layer III of MPEG-1, and of MPEG-2 and 2.5 (ISO/IEC 11172-3 and 13818-3, section 2.4.2.3). */
const bitRates1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320] as const;
const bitRates2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160] as const;
const sampleRates1 = [44_100, 48_000, 32_000] as const;

/** What the header of an MP3 frame says. */
export interface Mp3Header {
  /** 3: MPEG-1, 2: MPEG-2, 0: MPEG-2.5. */
  readonly version: number;
  readonly sampleRate: number;
  readonly channels: 1 | 2;
  /** kbit/s. */
  readonly bitRate: number;
  /** Bytes of the frame, header included. */
  readonly length: number;
}

/** Reads the header of an MP3 frame; undefined if there is none at `at`. */
export const readMp3Header = (bytes: Buffer, at: number): Mp3Header | undefined => {
  if (at + 4 > bytes.length || bytes.readUInt16BE(at) >> 5 !== 0x7ff) return undefined;
  const second = bytes[at + 1] ?? 0;
  const third = bytes[at + 2] ?? 0;
  const version = (second >> 3) & 3;
  const isFirst = version === 3;
  if (version === 1 || ((second >> 1) & 3) !== 1) return undefined;
  const bitRate = (isFirst ? bitRates1 : bitRates2)[third >> 4];
  const fullRate = sampleRates1[(third >> 2) & 3];
  if (!bitRate || fullRate === undefined) return undefined;
  const sampleRate = fullRate >> (isFirst ? 0 : version === 2 ? 1 : 2);
  const length = Math.floor(((isFirst ? 144_000 : 72_000) * bitRate) / sampleRate) + ((third >> 1) & 1);
  return { version, sampleRate, channels: (bytes[at + 3] ?? 0) >> 6 === 3 ? 1 : 2, bitRate, length };
};

/** The smallest frame of the same kind that has room for `room` bytes: its bit-rate index and its length; undefined if none has. */
export const roomyMp3Frame = (header: Mp3Header, room: number): { index: number; length: number } | undefined => {
  const isFirst = header.version === 3;
  const rates: readonly number[] = isFirst ? bitRates1 : bitRates2;
  const lengths = rates.map((rate) => Math.floor(((isFirst ? 144_000 : 72_000) * rate) / header.sampleRate));
  const index = lengths.findIndex((length) => length >= room);
  const length = lengths[index];
  return length === undefined ? undefined : { index, length };
};

/** Frames of MP3, layer III. */
export const splitMp3: SplitFrames = (stream, shape) => {
  const frames: Buffer[] = [];
  for (let at = 0; at < stream.length; ) {
    const header = readMp3Header(stream, at);
    if (header === undefined || at + header.length > stream.length) return undefined;
    if (header.sampleRate !== shape.sampleRate || header.channels !== shape.channels) return undefined;
    frames.push(stream.subarray(at, at + header.length));
    at += header.length;
  }
  return frames;
};

/** Sampling frequency by index (ISO/IEC 14496-3, table 1.18). */
const aacRates: readonly number[] = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350,
];

/** The decoder's configuration of AAC-LC (AudioSpecificConfig, ISO/IEC 14496-3, section 1.6.2.1). */
export const aacConfig = ({ sampleRate, channels }: PcmShape): Buffer => {
  const lowComplexity = 2;
  const bits = (lowComplexity << 11) | (aacRates.indexOf(sampleRate) << 7) | (channels << 3);
  return Buffer.from([bits >> 8, bits & 0xff]);
};

/** Frames of AAC without the ADTS headers (ISO/IEC 13818-7, section 6.2) that they come with. */
export const splitAdts: SplitFrames = (stream, shape) => {
  const frames: Buffer[] = [];
  for (let at = 0; at < stream.length; ) {
    if (at + 7 > stream.length || stream.readUInt16BE(at) >> 4 !== 0xfff) return undefined;
    const [, second = 0, third = 0, fourth = 0, fifth = 0, sixth = 0, seventh = 0] = stream.subarray(at, at + 7);
    const headerBytes = (second & 1) === 1 ? 7 : 9;
    const channels = ((third & 1) << 2) | (fourth >> 6);
    const length = ((fourth & 3) << 11) | (fifth << 3) | (sixth >> 5);
    const blocks = (seventh & 3) + 1;
    if (length <= headerBytes || at + length > stream.length || blocks !== 1) return undefined;
    if (aacRates[(third >> 2) & 15] !== shape.sampleRate || channels !== shape.channels) return undefined;
    frames.push(stream.subarray(at + headerBytes, at + length));
    at += length;
  }
  return frames;
};
