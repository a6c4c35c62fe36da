import { open } from 'node:fs/promises';
import { SipreelError } from '../../errors/error.ts';
import type { PcmShape } from './formats.ts';
import { type FileMetadata, infoTags } from './metadata.ts';
import { wavHeader } from './wav.ts';

/**
 * Writes a WAV file: header, samples, then the header again with the sizes that it came to. Resolves with the bytes of
 * sound. Throws storage_failed, or what the sound throws.
 */
export const writeWavFile = async (
  file: string,
  shape: PcmShape,
  metadata: FileMetadata,
  pcm: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): Promise<number> => {
  const info = infoTags(metadata);
  const header = (dataBytes: number): Buffer => wavHeader({ ...shape, dataBytes, info });
  const onDisk = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new SipreelError('storage_failed', `${file} can't be written: ${reason}`, { cause, details: { file } });
    }
  };

  const handle = await onDisk(open(file, 'w', 0o640));
  try {
    let position = 0;
    const append = async (bytes: Uint8Array): Promise<void> => {
      // A write to a disk that is nearly full may take a part only.
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await onDisk(handle.write(bytes, done, bytes.length - done, position));
        done += bytesWritten;
        position += bytesWritten;
      }
    };
    await append(header(0));
    const headerBytes = position;
    for await (const chunk of pcm) {
      signal?.throwIfAborted();
      await append(chunk);
    }
    const dataBytes = position - headerBytes;
    await onDisk(handle.write(header(dataBytes), 0, headerBytes, 0));
    return dataBytes;
  } finally {
    await handle.close();
  }
};
