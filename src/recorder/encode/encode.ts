import type { Format } from '../recording/parameters.ts';
import { createCodedFile } from './coded-file.ts';
import type { FfmpegBinaries } from './ffmpeg-binary.ts';
import type { BitRates } from './formats.ts';
import type { GrowingFile, GrowingFileOptions } from './growing-file.ts';
import { createWavFile } from './wav-file.ts';

/** How a file is made of sound. */
export interface EncodingOptions extends GrowingFileOptions {
  readonly format: Format;
  readonly bitRates?: BitRates | undefined;
  /** Length of the parts in which MP3 and MP4 are encoded, ms: another length makes a file of other bytes. Default: 60,000. */
  readonly pieceMs?: number | undefined;
  /** Frames of sound that there will be, if that is known. */
  readonly expected?: number | undefined;
  /** Milliseconds without progress after which ffmpeg is killed as hung. */
  readonly stallMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Sound that is to become a file. */
export interface Encoding extends EncodingOptions {
  /** Interleaved 16-bit PCM; a chunk belongs to the encoder once it is yielded. */
  readonly pcm: AsyncIterable<Int16Array>;
}

/** Begins a file. WAV needs no `binaries`. Throws storage_failed. */
export const createGrowingFile = (
  { format, pieceMs = 60_000, ...options }: EncodingOptions,
  binaries: () => Promise<FfmpegBinaries>,
): Promise<GrowingFile> =>
  format === 'wav' ? createWavFile(options) : createCodedFile({ ...options, format, pieceMs, binaries });

/** Writes sound into a file. WAV needs no `binaries`. Throws storage_failed, ffmpeg_missing, ffmpeg_failed, ffmpeg_hung. */
export const encodeFile = async (encoding: Encoding, binaries: () => Promise<FfmpegBinaries>): Promise<void> => {
  const file = await createGrowingFile(encoding, binaries);
  try {
    file.hurry();
    for await (const pcm of encoding.pcm) {
      encoding.signal?.throwIfAborted();
      await file.write(pcm);
    }
    await file.finish();
  } finally {
    await file.close();
  }
};
