import { createAppender } from './appender.ts';
import { bytesOf, type GrowingFile, type GrowingFileOptions } from './growing-file.ts';
import { infoTags } from './metadata.ts';
import { wavHeader } from './wav.ts';

/** A WAV file: header, samples, and at its end the header again with the sizes that it came to. Throws storage_failed. */
export const createWavFile = async ({ file, shape, metadata }: GrowingFileOptions): Promise<GrowingFile> => {
  const info = infoTags(metadata);
  const header = (dataBytes: number): Buffer => wavHeader({ ...shape, dataBytes, info });
  const headerBytes = header(0).length;
  const appender = await createAppender(file);
  try {
    await appender.append(header(0));
  } catch (error) {
    await appender.close();
    throw error;
  }
  return {
    step: 1,
    overlap: 0,
    get frames() {
      return (appender.size - headerBytes) / (2 * shape.channels);
    },
    write: (pcm) => appender.append(bytesOf(pcm)),
    hurry() {},
    async finish() {
      await appender.patch(header(appender.size - headerBytes), 0);
      await appender.close();
    },
    rest: appender.flush,
    check: () => appender.check(),
    close: appender.close,
  };
};
