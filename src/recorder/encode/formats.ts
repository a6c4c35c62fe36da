import type { Format } from '../recording/parameters.ts';
import { type FileMetadata, metadataArguments } from './metadata.ts';

/** The sound that an encoder is given: 16-bit little-endian PCM, interleaved. */
export interface PcmShape {
  readonly channels: 1 | 2;
  /** Frames per second. */
  readonly sampleRate: number;
}

/** How many bits sound is worth. */
export interface BitRates {
  /** Bit/s; by default what follows from sample rate and channels. */
  readonly mp3?: number;
  /** Of AAC, 0.1 to 2; 1 by default. It has no bit rate: that would be searched for anew in each frame, and in each piece. */
  readonly mp4Quality?: number;
}

/** How a format becomes a file and how it is recognised afterwards. */
export interface FormatKind {
  readonly contentType: string;
  readonly extension: string;
  /** ffprobe's name of the codec. */
  readonly codec: string;
  /** WAV is written by us; see docs/decisions/0001-wav-without-ffmpeg.md. */
  readonly native: boolean;
}

/** What there is to know of each format. */
export const formatKinds: Readonly<Record<Format, FormatKind>> = {
  wav: { contentType: 'audio/wav', extension: 'wav', codec: 'pcm_s16le', native: true },
  mp3: { contentType: 'audio/mpeg', extension: 'mp3', codec: 'mp3', native: false },
  mp4: { contentType: 'audio/mp4', extension: 'mp4', codec: 'aac', native: false },
};

/** Frames of sound in one packet of a codec, by ffprobe's name of it; undefined if they are not all alike. */
export const packetFrames = (codec: string, sampleRate: number): number | undefined => {
  switch (codec) {
    case 'mp3':
      // MPEG-1 begins at 32 kHz; MPEG-2 and 2.5 below have frames of half its size.
      return sampleRate < 32_000 ? 576 : 1152;
    case 'aac':
      return 1024;
    default:
      return undefined;
  }
};

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
  ...['-id3v2_version', '3', '-write_xing', '1', '-f', 'mp3'],
];

/**
 * At 8 kHz stereo, quality 1 comes to some 60 kbit/s of speech and sounds better than 64 kbit/s, for 40 % of the CPU: a bit rate
 * has to be searched for in each frame.
 */
const aacQuality = 1;

const mp4Arguments = (rates: BitRates): string[] => [
  ...['-c:a', 'aac', '-aac_coder', 'fast'],
  ...['-q:a', String(rates.mp4Quality ?? aacQuality)],
  // Mid/side and intensity stereo mix the channels; see above. Noise substitution makes hiss of soft speech.
  ...['-aac_ms', '0', '-aac_is', '0', '-aac_pns', '0'],
  // The index first, so that a browser plays before it has loaded everything.
  ...['-movflags', '+faststart', '-brand', 'mp42', '-f', 'mp4'],
];

/** ffmpeg's arguments to encode PCM from its standard input into `file` (an absolute path). */
export const encodeArguments = (
  format: Exclude<Format, 'wav'>,
  shape: PcmShape,
  metadata: FileMetadata,
  file: string,
  rates: BitRates = {},
): readonly string[] => [
  ...['-hide_banner', '-loglevel', 'error', '-nostdin', '-y', '-threads', '1'],
  ...['-protocol_whitelist', 'pipe', '-f', 's16le', '-ar', String(shape.sampleRate), '-ac', String(shape.channels)],
  ...['-i', 'pipe:0', '-map_metadata', '-1', ...metadataArguments(metadata), '-threads', '1'],
  ...(format === 'mp3' ? mp3Arguments(shape, rates) : mp4Arguments(rates)),
  `file:${file}`,
];
