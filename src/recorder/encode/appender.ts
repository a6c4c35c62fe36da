import { type FileHandle, open, stat } from 'node:fs/promises';
import { SipreelError } from '../../errors/error.ts';
import { attempt } from '../storage/attempt.ts';

/** A file that grows at its end. Every method throws storage_failed. */
export interface Appender {
  /** Bytes appended so far. */
  readonly size: number;
  /** Takes the bytes, which must not change any more; they are written with others, when there are enough or somebody asks. */
  append(bytes: Uint8Array): Promise<void>;
  /** All that was appended is in the file. */
  flush(): Promise<void>;
  /** Overwrites what was appended before. */
  patch(bytes: Uint8Array, position: number): Promise<void>;
  /** The bytes from `position` on that were appended before. */
  read(position: number, length: number): Promise<Buffer>;
  /** @throws SipreelError pieces_misfit if somebody else has removed, replaced or cut the file, which is at `path` by now */
  check(path?: string): Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** So much may wait for the disk: when a long file is finished, there is not more of it to be made durable than of a short one. */
const syncBytes = 4 << 20;

/** Bytes that are written at once: each write wakes a thread. */
const writeBytes = 512 * 1024;

/** Creates a file, or empties it. */
export const createAppender = async (file: string): Promise<Appender> => {
  const onDisk = <T>(work: () => Promise<T>): Promise<T> => attempt('written', file, work);
  const handle: FileHandle = await onDisk(() => open(file, 'w+', 0o640));
  let size = 0;
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let synced = 0;
  let closing: Promise<void> | undefined;

  const writeAll = async (bytes: Uint8Array, position: number): Promise<void> => {
    // A write to a disk that is nearly full may take a part only.
    for (let done = 0; done < bytes.length; ) {
      const written = await onDisk(() => handle.write(bytes, done, bytes.length - done, position + done));
      done += written.bytesWritten;
    }
  };

  const flush = async (): Promise<void> => {
    const [first, ...more] = waiting;
    if (first === undefined) return;
    const bytes = more.length === 0 ? first : Buffer.concat(waiting);
    waiting = [];
    waitingBytes = 0;
    await writeAll(bytes, size - bytes.length);
    if (size - synced < syncBytes) return;
    await onDisk(() => handle.datasync());
    synced = size;
  };

  return {
    get size() {
      return size;
    },
    async append(bytes) {
      waiting.push(bytes);
      waitingBytes += bytes.length;
      size += bytes.length;
      if (waitingBytes >= writeBytes) await flush();
    },
    flush,
    async patch(bytes, position) {
      await flush();
      await writeAll(bytes, position);
    },
    async read(position, length) {
      await flush();
      const buffer = Buffer.alloc(length);
      const { bytesRead } = await onDisk(() => handle.read(buffer, 0, length, position));
      return buffer.subarray(0, bytesRead);
    },
    async check(path = file) {
      await flush();
      const [there, ours] = await Promise.all([stat(path).catch(() => undefined), onDisk(() => handle.stat())]);
      if (there?.ino === ours.ino && there.size === size) return;
      const what = there === undefined ? 'is gone' : `has ${there.size} bytes where ${size} were written`;
      throw new SipreelError('pieces_misfit', `${path} ${what}`, { details: { path } });
    },
    close() {
      closing ??= handle.close();
      return closing;
    },
  };
};
