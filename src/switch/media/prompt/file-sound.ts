import type { FileHandle } from 'node:fs/promises';
import { SipreelError } from '../../../errors/error.ts';
import { decodeToPcm } from '../../../recorder/encode/decode.ts';
import { readWavHeader } from '../../../recorder/encode/wav.ts';
import { sampleRate } from './pcm-source.ts';
import type { TempFile } from './temp-file.ts';

/** Bytes in which a WAV header is looked for; its metadata is part of it. */
const headBytes = 65_536;

/**
 * The sound of an audio file, 8 kHz mono, as it is read. 16-bit WAV files of 8 kHz, such as our own recordings, are read
 * as they are; ffmpeg decodes all others.
 * @throws SipreelError prompt_undecodable if it is no audio file; `url` says whose fault that is
 */
export async function* fileSound(
  file: TempFile,
  url: string,
  ffmpeg: string,
  signal: AbortSignal,
): AsyncGenerator<Int16Array, void, undefined> {
  const head = Buffer.alloc(headBytes);
  const { bytesRead } = await file.handle.read(head, 0, headBytes, 0);
  const wav = readWavHeader(head.subarray(0, bytesRead));
  if (wav?.bitsPerSample === 16 && wav.sampleRate === sampleRate && (wav.channels === 1 || wav.channels === 2)) {
    yield* wavSound(file.handle, wav.dataOffset, wav.dataBytes, wav.channels, signal);
    return;
  }
  try {
    yield* decodeToPcm({ file: file.path, sampleRate, ffmpeg, signal });
  } catch (cause) {
    if (!(cause instanceof SipreelError && cause.code === 'ffmpeg_failed')) throw cause;
    throw new SipreelError('prompt_undecodable', `${url} is no audio: ${cause.message}`, { cause, details: { url } });
  }
}

async function* wavSound(
  handle: FileHandle,
  offset: number,
  bytes: number,
  channels: 1 | 2,
  signal: AbortSignal,
): AsyncGenerator<Int16Array, void, undefined> {
  const frameBytes = 2 * channels;
  // A writer that did not know the length leaves one that is too large: the file's end counts.
  for (let position = offset; position < offset + bytes; ) {
    signal.throwIfAborted();
    const chunk = Buffer.alloc(Math.min(headBytes, offset + bytes - position));
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, position);
    const frames = Math.floor(bytesRead / frameBytes);
    if (frames === 0) return;
    yield mono(chunk, frames, channels);
    position += frames * frameBytes;
  }
}

const mono = (chunk: Buffer, frames: number, channels: 1 | 2): Int16Array => {
  const samples = new Int16Array(frames);
  for (let i = 0; i < frames; i++) {
    const at = i * 2 * channels;
    const left = chunk.readInt16LE(at);
    samples[i] = channels === 1 ? left : (left + chunk.readInt16LE(at + 2)) >> 1;
  }
  return samples;
};
