import { type FileHandle, open } from 'node:fs/promises';
import { SipreelError } from '../../errors/error.ts';
import type { TrackName } from '../recording/parameters.ts';
import { trackPath } from './layout.ts';
import { decodeRecords, findRecord, longestSoughtRecord, rtpdumpHeaderBytes, type SpoolPacket } from './rtpdump.ts';

/** The packets that one read brought, in the order of their arrival; never empty. */
export interface TrackBatch {
  readonly packets: readonly SpoolPacket[];
  /** Where in the file the first record after these begins. */
  readonly nextByte: number;
  /** Bytes before them that are no records: a damage in the middle of the file. */
  readonly skippedBytes: number;
}

/** Reads a track that may still be written: what is not there yet comes with a later call. */
export interface TrackReader {
  /**
   * The next packets; undefined if there are none by now: half a record, nothing, not even a file. What can be no record is
   * left out if `skipsDamage`; else it is the end, looked at again with each call. The datagrams stay valid.
   * @throws SipreelError spool_unreadable if the file cannot be read or is no rtpdump.
   */
  next(skipsDamage: boolean): Promise<TrackBatch | undefined>;
  /** Closes the file; next() opens it again and goes on where it was. Idempotent. */
  rest(): Promise<void>;
}

/** 7 s of G.711: small enough for the allocator to use the memory again without asking the system for it. */
const usualChunkBytes = 64 * 1024;

/** A reader at the begin of a track. */
export const createTrackReader = (dir: string, track: TrackName, chunkBytes = usualChunkBytes): TrackReader => {
  const path = trackPath(dir, track);
  let file: FileHandle | undefined;
  /** What was read and not given out. */
  let rest = Buffer.alloc(0);
  let readTo = 0;
  let inHeader = true;
  /** There may be whole records in the rest. */
  let fresh = false;
  /** In something that is no record. */
  let astray = false;
  let lastMs = 0;
  let skippedBytes = 0;

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
    fresh = bytesRead > 0;
    return fresh;
  };

  /** Nothing of the rest was read. */
  const unread = (): void => {
    readTo -= rest.length;
    rest = Buffer.alloc(0);
    fresh = false;
  };

  const skipHeader = (): void => {
    const header = rtpdumpHeaderBytes(rest);
    if (header === 'short') return;
    // Zeroes are what a power cut leaves of a page; anything else was never ours.
    if (header === 'foreign' && rest[0] !== 0) throw unreadable(path, undefined);
    if (header === 'foreign') astray = true;
    else rest = rest.subarray(header);
    inHeader = false;
  };

  /** Goes on to the next record, as far as the rest has one. */
  const search = (): void => {
    const found = findRecord(rest, lastMs);
    const skipped = found ?? Math.max(0, rest.length - longestSoughtRecord);
    skippedBytes += skipped;
    rest = rest.subarray(skipped);
    astray = found === undefined;
    fresh = !astray;
  };

  /** The whole records at the begin of the rest. */
  const takeRecords = (): TrackBatch | undefined => {
    const { packets, consumed, damaged } = decodeRecords(rest);
    // A copy: a few bytes must not keep the whole chunk.
    rest = damaged ? rest.subarray(consumed) : Buffer.from(rest.subarray(consumed));
    astray = damaged;
    fresh = false;
    lastMs = packets.at(-1)?.offsetMs ?? lastMs;
    if (packets.length === 0) return undefined;
    const batch = { packets, nextByte: readTo - rest.length, skippedBytes };
    skippedBytes = 0;
    return batch;
  };

  return {
    async next(skipsDamage) {
      for (;;) {
        if (astray && skipsDamage) search();
        if (fresh && !inHeader && !astray) {
          const batch = takeRecords();
          if (batch !== undefined) return batch;
          if (astray) continue;
        }
        if (astray && !skipsDamage) {
          unread();
          astray = false;
          inHeader = readTo === 0;
          return undefined;
        }
        if (!(await read())) return undefined;
        if (inHeader) skipHeader();
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
