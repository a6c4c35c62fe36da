import { rename, rm } from 'node:fs/promises';
import { attempt } from '../storage/attempt.ts';
import { type Appender, createAppender } from './appender.ts';
import type { FrameFile } from './frame-file.ts';
import type { GrowingFileOptions } from './growing-file.ts';
import { box, uint32s, uint64 } from './mp4-boxes.ts';
import { aacFrameSamples, mp4Index } from './mp4-index.ts';

const fileType = box('ftyp', Buffer.from('mp42', 'latin1'), uint32s(0), Buffer.from('isommp42', 'latin1'));
/** The header of the data: 8 bytes that are free and 8, or 16 where the data is larger than 4 GiB. */
const dataHeaderBytes = 16;
const boxHeaderBytes = 8;
/** Bytes that are copied at once when the index needs more room. */
const copyBytes = 1 << 20;

const dataHeader = (bytes: number): Buffer => {
  const name = Buffer.from('mdat', 'latin1');
  return bytes + boxHeaderBytes > 0xffffffff
    ? Buffer.concat([uint32s(1), name, uint64(bytes + dataHeaderBytes)])
    : Buffer.concat([box('free'), uint32s(bytes + boxHeaderBytes), name]);
};

/** The name of a file that takes this one's place; of a part it is a part, too. */
const besides = (file: string): string =>
  file.endsWith('.part') ? `${file.slice(0, -'.part'.length)}.larger.part` : `${file}.larger`;

/**
 * An MP4 file of AAC with its index in front, so that it plays before it has come as a whole. The room for the index is kept
 * free while frames are added, and at the end the index is written into it: a file of any length is finished at once. When
 * the room gets small, the file is copied into one with twice as much.
 */
export const createMp4File = async ({ file, shape, metadata }: GrowingFileOptions): Promise<FrameFile> => {
  let appender: Appender = await createAppender(file);
  let sizes = new Uint32Array(1024);
  let count = 0;
  /** Bytes between the file's type and the header of the data; none before the first frame. */
  let room = 0;

  const dataOffset = (): number => fileType.length + room + dataHeaderBytes;
  const index = (frames: Uint32Array, samples: number): Buffer =>
    mp4Index({ shape, metadata, samples, sizes: frames, offset: dataOffset() });
  /** What an index of so many frames may come to, also if the data is far behind, and the header of what is left of its room. */
  const roomFor = (frames: number): number =>
    index(new Uint32Array(frames), frames * aacFrameSamples).length + Math.ceil(frames / 16) + boxHeaderBytes;

  const begin = (bytes: number): Promise<void> => {
    room = bytes;
    return appender.append(Buffer.concat([fileType, Buffer.alloc(bytes + dataHeaderBytes)]));
  };

  const moveTo = async (bytes: number): Promise<void> => {
    const was = appender;
    const from = dataOffset();
    const larger = besides(file);
    appender = await createAppender(larger);
    try {
      await begin(bytes);
      for (let at = from; at < was.size; at += copyBytes) {
        await appender.append(await was.read(at, Math.min(copyBytes, was.size - at)));
      }
      await attempt('written', file, () => rename(larger, file));
    } catch (error) {
      await appender.close();
      await rm(larger, { force: true });
      throw error;
    } finally {
      await was.close();
    }
  };

  const makeRoom = async (bytes: number): Promise<void> => {
    if (room >= bytes) return;
    if (appender.size === 0) await begin(bytes);
    else await moveTo(bytes);
  };

  const remember = (size: number): void => {
    if (count === sizes.length) {
      const more = new Uint32Array(2 * count);
      more.set(sizes);
      sizes = more;
    }
    sizes[count++] = size;
  };

  return {
    get count() {
      return count;
    },
    async add(frames) {
      if (room === 0) await makeRoom(roomFor(frames.length));
      await appender.append(Buffer.concat(frames));
      for (const frame of frames) remember(frame.length);
    },
    async reserve(frames) {
      if (room < roomFor(frames)) await makeRoom(roomFor(room === 0 ? frames : 2 * frames));
    },
    async finish(samples) {
      const bytes = appender.size - dataOffset();
      await makeRoom(roomFor(count));
      const moov = index(sizes.subarray(0, count), samples);
      const left = room - moov.length;
      const spare = Buffer.alloc(left);
      spare.writeUInt32BE(left, 0);
      spare.write('free', 4, 'latin1');
      await appender.patch(Buffer.concat([moov, spare, dataHeader(bytes)]), fileType.length);
      await appender.close();
    },
    flush: () => appender.flush(),
    check: () => appender.check(file),
    close: () => appender.close(),
  };
};
