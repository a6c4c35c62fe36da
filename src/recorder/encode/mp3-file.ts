import { createAppender } from './appender.ts';
import { crc16 } from './crc16.ts';
import type { FrameFile } from './frame-file.ts';
import type { GrowingFileOptions } from './growing-file.ts';
import { id3Tag } from './id3.ts';
import { infoFrame } from './info-frame.ts';

/** Samples that LAME puts before the sound, those of the decoder not counted. */
const encoderDelay = 576;

/**
 * An MP3 file: ID3 tag, Info frame, frames of sound. Neither tag changes its length, so that a file of any length is finished by
 * writing the Info frame once more.
 */
export const createMp3File = async (options: GrowingFileOptions, frameSamples: number): Promise<FrameFile> => {
  const appender = await createAppender(options.file);
  const tag = id3Tag(options.metadata);
  let first: Buffer | undefined;
  let count = 0;
  let musicCrc = 0;
  let infoBytes = 0;

  const begin = async (frame: Buffer): Promise<void> => {
    first = Buffer.from(frame);
    const info = infoFrame(first, { frames: 0, bytes: 0, delay: encoderDelay, padding: 0 }, 0);
    infoBytes = info.length;
    await appender.append(Buffer.concat([tag, info]));
  };

  return {
    get count() {
      return count;
    },
    async add(frames) {
      const [frame] = frames;
      if (frame === undefined) return;
      if (first === undefined) await begin(frame);
      const bytes = Buffer.concat(frames);
      await appender.append(bytes);
      musicCrc = crc16(bytes, musicCrc);
      count += frames.length;
    },
    async reserve() {},
    async finish(samples) {
      if (first === undefined) throw new TypeError('a file without a frame');
      const padding = count * frameSamples - encoderDelay - samples;
      const facts = { frames: count, bytes: appender.size - tag.length, delay: encoderDelay, padding };
      const info = infoFrame(first, facts, musicCrc);
      if (info.length !== infoBytes) throw new TypeError('an Info frame of another length');
      await appender.patch(info, tag.length);
      await appender.close();
    },
    flush: appender.flush,
    check: () => appender.check(),
    close: appender.close,
  };
};
