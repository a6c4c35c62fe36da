import type { Format } from '../recording/parameters.ts';
import { runFfmpeg } from './ffmpeg.ts';
import type { FfmpegBinaries } from './ffmpeg-binary.ts';
import { type BitRates, encodeArguments, type PcmShape } from './formats.ts';
import type { FileMetadata } from './metadata.ts';
import { writeWavFile } from './wav-file.ts';

/** Sound that is to become a file. */
export interface Encoding {
  /** Absolute path; the file is overwritten. */
  readonly file: string;
  readonly format: Format;
  readonly shape: PcmShape;
  readonly metadata: FileMetadata;
  /** Interleaved 16-bit PCM; a chunk belongs to the encoder once it is yielded. */
  readonly pcm: AsyncIterable<Int16Array>;
  readonly bitRates?: BitRates | undefined;
  /** Milliseconds without progress after which ffmpeg is killed as hung. */
  readonly stallMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Capture shares the machine and cannot wait; an encoder can. */
const encoderNiceness = 10;

/** PCM as the bytes of a file. sipreel's machines are little-endian, as WAV is. */
async function* bytesOf(pcm: AsyncIterable<Int16Array>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const { buffer, byteOffset, byteLength } of pcm) yield new Uint8Array(buffer, byteOffset, byteLength);
}

/** Writes sound into a file. WAV needs no `binaries`. Throws storage_failed, ffmpeg_missing, ffmpeg_failed, ffmpeg_hung. */
export const encodeFile = async (encoding: Encoding, binaries: () => Promise<FfmpegBinaries>): Promise<void> => {
  const { file, format, shape, metadata, bitRates, stallMs, signal } = encoding;
  const input = bytesOf(encoding.pcm);
  if (format === 'wav') {
    await writeWavFile(file, shape, metadata, input, signal);
    return;
  }
  const { ffmpeg: program } = await binaries();
  const args = encodeArguments(format, shape, metadata, file, bitRates);
  const stall = stallMs === undefined ? {} : { stallMs };
  await runFfmpeg({ program, args, input, niceness: encoderNiceness, signal, ...stall });
};
