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

/**
 * The packets of one track, batch by batch, in memory for a few chunks. What a crash left at the end, half a record or
 * zeroes, is left out, and so is what can be no record in the middle: a damage costs what it has hit, and not the rest.
 * A track that was never written is empty. The datagrams stay valid after the next batch.
 * @throws SipreelError spool_unreadable if the file cannot be read or is no rtpdump.
 */
export async function* readTrackBatches(
  dir: string,
  track: TrackName,
  chunkBytes = 256 * 1024,
): AsyncGenerator<TrackBatch, void, undefined> {
  const path = trackPath(dir, track);
  const file = await open(path, 'r').catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw unreadable(path, error);
  });
  if (!file) return;
  try {
    yield* batchesOf(file, path, chunkBytes);
  } finally {
    await file.close();
  }
}

/** The packets of one track without their places in the file; everything else as readTrackBatches. */
export async function* readTrack(
  dir: string,
  track: TrackName,
): AsyncGenerator<readonly SpoolPacket[], void, undefined> {
  for await (const batch of readTrackBatches(dir, track)) yield batch.packets;
}

async function* batchesOf(file: FileHandle, path: string, chunkBytes: number): AsyncGenerator<TrackBatch, void> {
  let rest = Buffer.alloc(0);
  let readTo = 0;
  let inHeader = true;
  let lastMs = 0;
  let skippedBytes = 0;
  /** In something that is no record. */
  let astray = false;

  /** Goes on to the next record, as far as this chunk has one. */
  const search = (): void => {
    const found = findRecord(rest, lastMs);
    const skipped = found ?? Math.max(0, rest.length - longestSoughtRecord);
    skippedBytes += skipped;
    rest = rest.subarray(skipped);
    astray = found === undefined;
  };

  for (;;) {
    // A new buffer for each chunk, because the datagrams given out are views of it.
    const buffer = Buffer.allocUnsafeSlow(rest.length + chunkBytes);
    rest.copy(buffer);
    const { bytesRead } = await file.read(buffer, rest.length, chunkBytes, readTo).catch((error: unknown) => {
      throw unreadable(path, error);
    });
    if (bytesRead === 0) return;
    readTo += bytesRead;
    rest = buffer.subarray(0, rest.length + bytesRead);

    if (inHeader) {
      const header = rtpdumpHeaderBytes(rest);
      if (header === 'short') continue;
      // Zeroes are what a power cut leaves of a page; anything else was never ours.
      if (header === 'foreign' && rest[0] !== 0) throw unreadable(path, undefined);
      if (header === 'foreign') astray = true;
      else rest = rest.subarray(header);
      inHeader = false;
    }
    if (astray) search();
    while (!astray) {
      const { packets, consumed, damaged } = decodeRecords(rest);
      rest = rest.subarray(consumed);
      lastMs = packets.at(-1)?.offsetMs ?? lastMs;
      if (packets.length > 0) {
        yield { packets, nextByte: readTo - rest.length, skippedBytes };
        skippedBytes = 0;
      }
      if (!damaged) break;
      search();
    }
  }
}

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT';

const unreadable = (path: string, cause: unknown): SipreelError =>
  new SipreelError(
    'spool_unreadable',
    cause instanceof Error ? `${path}: ${cause.message}` : `${path} is no rtpdump file`,
    { cause, details: { path } },
  );
