import { type FileHandle, open } from 'node:fs/promises';
import { SipreelError } from '../../errors/error.ts';
import type { TrackName } from '../recording/parameters.ts';
import { trackPath } from './layout.ts';
import { decodeRecords, rtpdumpHeaderBytes, type SpoolPacket } from './rtpdump.ts';

/** The packets that one read brought, in the order of their arrival; never empty. */
export interface TrackBatch {
  readonly packets: readonly SpoolPacket[];
  /** Where in the file the first record after these begins. */
  readonly nextByte: number;
}

/** Reads a track that may still be written: what is not there yet comes with a later call. */
export interface TrackReader {
  /**
   * The next packets; undefined if there are none by now: half a record, nothing, not even a file. The datagrams stay valid.
   * @throws SipreelError spool_unreadable if the file cannot be read or is no rtpdump.
   */
  next(): Promise<TrackBatch | undefined>;
  /** Closes the file; next() opens it again and goes on where it was. Idempotent. */
  rest(): Promise<void>;
}

/** 7 s of G.711: small enough for the allocator to use the memory again without asking the system for it. */
const usualChunkBytes = 64 * 1024;

/** A reader at the begin of a track. */
export const createTrackReader = (dir: string, track: TrackName, chunkBytes = usualChunkBytes): TrackReader => {
  const path = trackPath(dir, track);
  let file: FileHandle | undefined;
  /** What was read and is no whole record yet. */
  let rest = Buffer.alloc(0);
  let readTo = 0;
  let inHeader = true;

  const openFile = (): Promise<FileHandle | undefined> =>
    open(path, 'r').catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw unreadable(path, error);
    });

  /** Adds the next chunk of the file to what is left; false at its end. */
  const read = async (): Promise<boolean> => {
    file ??= await openFile();
    if (file === undefined) return false;
    // A new buffer for each chunk, because the datagrams given out are views of it.
    const buffer = Buffer.allocUnsafeSlow(rest.length + chunkBytes);
    rest.copy(buffer);
    const { bytesRead } = await file.read(buffer, rest.length, chunkBytes, readTo).catch((error: unknown) => {
      throw unreadable(path, error);
    });
    readTo += bytesRead;
    rest = buffer.subarray(0, rest.length + bytesRead);
    return bytesRead > 0;
  };

  const skipHeader = (): boolean => {
    const header = rtpdumpHeaderBytes(rest);
    if (header === 'foreign') throw unreadable(path, undefined);
    if (header === 'short') return false;
    rest = rest.subarray(header);
    inHeader = false;
    return true;
  };

  return {
    async next() {
      for (;;) {
        if (!(await read())) return undefined;
        if (inHeader && !skipHeader()) continue;
        const { packets, consumed, damaged } = decodeRecords(rest);
        const nextByte = readTo - (rest.length - consumed);
        if (damaged) {
          // Nothing is skipped: it is looked at again each time, and stays the end unless somebody writes over it.
          readTo = nextByte;
          rest = Buffer.alloc(0);
        } else {
          // A copy: a few bytes must not keep the whole chunk.
          rest = Buffer.from(rest.subarray(consumed));
        }
        if (packets.length > 0) return { packets, nextByte };
        if (damaged) return undefined;
      }
    },
    async rest() {
      const was = file;
      file = undefined;
      await was?.close();
    },
  };
};

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';

const unreadable = (path: string, cause: unknown): SipreelError =>
  new SipreelError(
    'spool_unreadable',
    cause instanceof Error ? `${path}: ${cause.message}` : `${path} is no rtpdump file`,
    { cause, details: { path } },
  );
