import type { TrackName } from '../recording/parameters.ts';
import type { SpoolPacket } from './rtpdump.ts';
import { createTrackReader, type TrackBatch } from './track-reader.ts';

/**
 * The packets of one track, batch by batch, in memory for a few chunks. What a crash left at the end, half a record or
 * zeroes, is left out; a track that was never written is empty. The datagrams stay valid after the next batch.
 * @throws SipreelError spool_unreadable if the file cannot be read or is no rtpdump.
 */
export async function* readTrackBatches(
  dir: string,
  track: TrackName,
  chunkBytes?: number,
): AsyncGenerator<TrackBatch, void, undefined> {
  const reader = createTrackReader(dir, track, chunkBytes);
  try {
    for (let batch = await reader.next(true); batch !== undefined; batch = await reader.next(true)) yield batch;
  } finally {
    await reader.rest();
  }
}

/** The packets of one track without their places in the file; everything else as readTrackBatches. */
export async function* readTrack(
  dir: string,
  track: TrackName,
): AsyncGenerator<readonly SpoolPacket[], void, undefined> {
  for await (const batch of readTrackBatches(dir, track)) yield batch.packets;
}
