import type { Format } from '../recording/parameters.ts';
import { type SplitFrames, splitAdts, splitMp3 } from './frames.ts';

/** The sound that an encoder is given: 16-bit little-endian PCM, interleaved. */
export interface PcmShape {
  readonly channels: 1 | 2;
  /** Frames per second. */
  readonly sampleRate: number;
}

/** Bit rates in bit/s; by default, MP3 has one that follows from sample rate and channels, and AAC a constant quality. */
export interface BitRates {
  readonly mp3?: number;
  readonly mp4?: number;
}

/** How a format becomes a file and how it is recognised afterwards. */
export interface FormatKind {
  readonly contentType: string;
  readonly extension: string;
}

/** What there is to know of each format. */
export const formatKinds: Readonly<Record<Format, FormatKind>> = {
  wav: { contentType: 'audio/wav', extension: 'wav' },
  mp3: { contentType: 'audio/mpeg', extension: 'mp3' },
  mp4: { contentType: 'audio/mp4', extension: 'mp4' },
};

/** A format whose sound is a sequence of frames. */
export type CodedFormat = Exclude<Format, 'wav'>;

/** Samples of each channel in one frame of a coded format. */
export const frameSamples = (format: CodedFormat, sampleRate: number): number => {
  // MPEG-1 begins at 32 kHz; MPEG-2 and 2.5 below have frames of half its size.
  if (format === 'mp3') return sampleRate < 32_000 ? 576 : 1152;
  return 1024;
};

/**
 * Samples that an encoder puts around the sound before it cuts all of it into frames: in front of it, and behind it so that
 * the last of the sound has come out of the decoder.
 */
export const paddingSamples: Readonly<Record<CodedFormat, number>> = { mp3: 1152, mp4: 1024 };

/** Takes an encoder's output apart. */
export const splitters: Readonly<Record<CodedFormat, SplitFrames>> = { mp3: splitMp3, mp4: splitAdts };

/**
 * The default bit rate of MP3 in bit/s: 32,000 for a channel of telephone sound. MPEG-2.5 (8 to 12 kHz) ends at 64 kbit/s for
 * both channels together.
 */
export const mp3BitRate = ({ channels, sampleRate }: PcmShape): number => {
  const mono = sampleRate <= 12_000 ? 32_000 : sampleRate <= 24_000 ? 48_000 : 64_000;
  return mono * channels;
};

const mp3Arguments = (shape: PcmShape, rates: BitRates): string[] => [
  ...['-c:a', 'libmp3lame', '-b:a', String(rates.mp3 ?? mp3BitRate(shape)), '-compression_level', '7'],
  // The channels are two people, not a stereo picture: coded jointly, each would be heard softly in the other.
  ...(shape.channels === 2 ? ['-joint_stereo', '0'] : []),
  // Without a reservoir no frame has bits of its neighbours, so that a file can be made of frames of several runs.
  ...['-reservoir', '0', '-id3v2_version', '0', '-write_xing', '0', '-f', 'mp3'],
];

/**
 * At 8 kHz stereo, quality 1 comes to some 60 kbit/s of speech and sounds better than 64 kbit/s, for 40 % of the CPU: a bit rate
 * has to be searched for in each frame.
 */
const aacQuality = 1;

const mp4Arguments = (rates: BitRates): string[] => [
  ...['-c:a', 'aac', '-aac_coder', 'fast'],
  ...(rates.mp4 === undefined ? ['-q:a', String(aacQuality)] : ['-b:a', String(rates.mp4)]),
  // Mid/side and intensity stereo mix the channels; see above. Noise substitution makes hiss of soft speech.
  ...['-aac_ms', '0', '-aac_is', '0', '-aac_pns', '0'],
  ...['-f', 'adts'],
];

/** ffmpeg's arguments to encode PCM from its standard input as frames to its standard output. */
export const encodeArguments = (format: CodedFormat, shape: PcmShape, rates: BitRates = {}): readonly string[] => [
  ...['-hide_banner', '-loglevel', 'error', '-nostdin', '-threads', '1'],
  ...['-protocol_whitelist', 'pipe', '-f', 's16le', '-ar', String(shape.sampleRate), '-ac', String(shape.channels)],
  ...['-i', 'pipe:0', '-map_metadata', '-1', '-threads', '1'],
  ...(format === 'mp3' ? mp3Arguments(shape, rates) : mp4Arguments(rates)),
  'pipe:1',
];
