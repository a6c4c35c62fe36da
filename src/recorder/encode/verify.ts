import { open } from 'node:fs/promises';
import { SipreelError } from '../../errors/error.ts';
import type { Format } from '../recording/parameters.ts';
import { runFfmpeg } from './ffmpeg.ts';
import type { FfmpegBinaries } from './ffmpeg-binary.ts';
import { formatKinds, type PcmShape, packetFrames } from './formats.ts';
import { type ProbeFacts, parseProbe, parseStreamLines } from './probe.ts';
import { readWavHeader } from './wav.ts';

/** A finished file and what it must hold. */
export interface Expectation {
  readonly file: string;
  readonly format: Format;
  readonly shape: PcmShape;
  /** Length of the sound in frames. */
  readonly frames: number;
}

/** Rounding in a container's own clock, beside the padding of the codec. */
const toleranceMs = 100;
/** Capture shares the machine and cannot wait. */
const niceness = 10;
/** Our own WAV headers end long before this. */
const headBytes = 16_384;

const failed = (expected: Expectation, message: string, found?: unknown): SipreelError =>
  new SipreelError('encode_verification_failed', `${expected.file}: ${message}`, { details: { expected, found } });

const verifyWav = async (expected: Expectation): Promise<void> => {
  const { file, shape, frames } = expected;
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const head = Buffer.alloc(Math.min(size, headBytes));
    await handle.read(head, 0, head.length, 0);
    const facts = readWavHeader(head);
    if (facts === undefined) throw failed(expected, 'the WAV header is broken');
    const bytes = frames * shape.channels * 2;
    if (facts.channels !== shape.channels || facts.sampleRate !== shape.sampleRate || facts.bitsPerSample !== 16) {
      throw failed(expected, `the WAV header states ${facts.channels} channels of ${facts.sampleRate} Hz`, facts);
    }
    if (facts.dataBytes !== bytes)
      throw failed(expected, `the WAV header states ${facts.dataBytes} bytes, not ${bytes}`, facts);
    if (facts.fileBytes !== size || facts.dataOffset + facts.dataBytes !== size) {
      throw failed(expected, `the file has ${size} bytes, its header states ${facts.fileBytes}`, facts);
    }
  } finally {
    await handle.close();
  }
};

/** Asks ffprobe, or ffmpeg where there is none, what is in a file of sound; undefined if nothing. Throws as runFfmpeg does. */
export const probeFile = async (
  file: string,
  binaries: FfmpegBinaries,
  signal?: AbortSignal,
): Promise<ProbeFacts | undefined> => {
  const input = ['-hide_banner', '-protocol_whitelist', 'file'];
  if (binaries.ffprobe !== undefined) {
    // The headers of a file that was cut off still state the whole length: its packets have to be counted.
    const entries = 'stream=codec_type,codec_name,channels,sample_rate,duration,nb_read_packets:format=duration';
    const what = ['-loglevel', 'error', '-count_packets', '-show_entries', entries, '-of', 'json'];
    const args = [...input, ...what, `file:${file}`];
    const { stdout } = await runFfmpeg({ program: binaries.ffprobe, args, niceness, signal });
    return parseProbe(stdout);
  }
  // Copied to nowhere, packets are read and not decoded.
  const args = [...input, '-nostdin', '-i', `file:${file}`, '-map', '0:a:0', '-c', 'copy', '-f', 'null', '-'];
  return parseStreamLines((await runFfmpeg({ program: binaries.ffmpeg, args, niceness, signal })).stderr);
};

/**
 * Proves that a finished file holds what it should: the WAV header against the file's size, or codec, channels and length as
 * ffprobe sees them, stated and really there. Throws encode_verification_failed, or what running ffprobe throws.
 */
export const verifyFile = async (
  expected: Expectation,
  binaries: () => Promise<FfmpegBinaries>,
  signal?: AbortSignal,
): Promise<void> => {
  const kind = formatKinds[expected.format];
  if (kind.native) return verifyWav(expected);
  const facts = await probeFile(expected.file, await binaries(), signal);
  if (facts === undefined) throw failed(expected, 'there is no sound in it');
  const { shape, frames } = expected;
  if (facts.codec !== kind.codec) throw failed(expected, `the codec is ${facts.codec}, not ${kind.codec}`, facts);
  if (facts.channels !== shape.channels) {
    throw failed(expected, `${facts.channels} channels, not ${shape.channels}`, facts);
  }
  const wantedMs = (frames / shape.sampleRate) * 1000;
  // The encoder's delay comes before the sound, its padding after it: up to two packets and a half in LAME's case.
  const packetMs = ((packetFrames(kind.codec, shape.sampleRate) ?? 0) / shape.sampleRate) * 1000;
  const longestMs = wantedMs + toleranceMs + 3 * packetMs;
  const isRight = (ms: number): boolean => ms >= wantedMs - toleranceMs && ms <= longestMs;
  if (!isRight(facts.durationMs)) {
    throw failed(expected, `${facts.durationMs.toFixed(0)} ms long, not ${wantedMs.toFixed(0)}`, facts);
  }
  if (!isRight(facts.readMs)) {
    throw failed(expected, `${facts.readMs.toFixed(0)} ms are in it, not ${wantedMs.toFixed(0)}`, facts);
  }
};
