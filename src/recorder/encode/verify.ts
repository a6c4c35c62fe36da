import { open } from 'node:fs/promises';
import { SipreelError } from '../../errors/error.ts';
import type { Format } from '../recording/parameters.ts';
import { readContainer } from './container.ts';
import { runFfmpeg } from './ffmpeg.ts';
import type { FfmpegBinaries } from './ffmpeg-binary.ts';
import { formatKinds, frameSamples, type PcmShape } from './formats.ts';
import { type ProbeFacts, parseProbe, parseStreamLines } from './probe.ts';

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

const failed = (expected: Expectation, message: string, found?: unknown): SipreelError =>
  new SipreelError('encode_verification_failed', `${expected.file}: ${message}`, { details: { expected, found } });

/** The file is as long as it states, to the byte, and states what it has to, to the frame. */
const verifyContainer = async (expected: Expectation): Promise<void> => {
  const { file, format, shape, frames } = expected;
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const facts = await readContainer(format, handle);
    if (facts === undefined) throw failed(expected, `it is no ${format} file, or its head is broken`);
    if (facts.sampleRate !== shape.sampleRate || (facts.channels ?? shape.channels) !== shape.channels) {
      throw failed(expected, `it states ${facts.channels} channels of ${facts.sampleRate} Hz`, facts);
    }
    if (facts.frames !== frames) throw failed(expected, `it states ${facts.frames} frames, not ${frames}`, facts);
    if (facts.bytes !== size) throw failed(expected, `it has ${size} bytes and states ${facts.bytes}`, facts);
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
    const entries = 'stream=codec_type,codec_name,channels,sample_rate,duration:format=duration';
    const what = ['-loglevel', 'error', '-show_entries', entries, '-of', 'json'];
    const args = [...input, ...what, `file:${file}`];
    const { stdout } = await runFfmpeg({ program: binaries.ffprobe, args, niceness, signal });
    return parseProbe(stdout);
  }
  const one = ['-map', '0:a:0', '-c', 'copy', '-frames:a', '1', '-f', 'null', '-'];
  const args = [...input, '-nostdin', '-i', `file:${file}`, ...one];
  return parseStreamLines((await runFfmpeg({ program: binaries.ffmpeg, args, niceness, signal })).stderr);
};

/**
 * Proves that a finished file holds what it should: what its head states against its size, and codec, channels and length as
 * ffprobe sees them. That the frames in it are whole was seen when they were made; what this costs does not grow with the
 * file. Throws encode_verification_failed, or what running ffprobe throws.
 */
export const verifyFile = async (
  expected: Expectation,
  binaries: () => Promise<FfmpegBinaries>,
  signal?: AbortSignal,
): Promise<void> => {
  const { shape, frames, format } = expected;
  const kind = formatKinds[format];
  await verifyContainer(expected);
  if (format === 'wav') return;
  const facts = await probeFile(expected.file, await binaries(), signal);
  if (facts === undefined) throw failed(expected, 'there is no sound in it');
  if (facts.codec !== kind.codec) throw failed(expected, `the codec is ${facts.codec}, not ${kind.codec}`, facts);
  if (facts.channels !== shape.channels) {
    throw failed(expected, `${facts.channels} channels, not ${shape.channels}`, facts);
  }
  const wantedMs = (frames / shape.sampleRate) * 1000;
  // The encoder's delay and padding, which not all count: up to two frames and a half in LAME's case.
  const frameMs = (frameSamples(format, shape.sampleRate) / shape.sampleRate) * 1000;
  if (facts.durationMs < wantedMs - toleranceMs || facts.durationMs > wantedMs + toleranceMs + 3 * frameMs) {
    throw failed(expected, `${facts.durationMs.toFixed(0)} ms long, not ${wantedMs.toFixed(0)}`, facts);
  }
};
