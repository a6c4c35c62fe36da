import { open } from 'node:fs/promises';
import type { TrackName } from '../recording/parameters.ts';
import { readTrack } from '../spool/read-track.ts';
import type { SpoolPacket } from '../spool/rtpdump.ts';
import { type CapturedUdp, pcapHeader, pcapRecord, type UdpPlace } from './pcap.ts';

/** Addresses for documentation (RFC 5737): the party, what it talks to, and us. */
const places: Readonly<Record<TrackName, UdpPlace>> = {
  speak: { address: [192, 0, 2, 1], port: 4000 },
  listen: { address: [192, 0, 2, 2], port: 4002 },
};
const ours = [192, 0, 2, 3] as const;

/** The UDP port that the RTP of a track has in a pcap file; its RTCP has the next. */
export const pcapPortOf = (track: TrackName): number => places[track].port;

/** Bytes that are written at once. */
const batchBytes = 1 << 20;

/**
 * Writes the packets of tracks into one pcap file, in the order of their arrival; `startedAt` is the wall clock at their time 0,
 * ms since 1970. Resolves with how many there are. @throws SipreelError spool_unreadable
 */
export const writePcap = async (
  file: string,
  dir: string,
  tracks: readonly TrackName[],
  startedAt: number,
): Promise<number> => {
  const handle = await open(file, 'w', 0o640);
  try {
    let batch = [pcapHeader()];
    let bytes = 0;
    let packets = 0;
    for await (const { track, packet } of merged(dir, tracks)) {
      const record = pcapRecord(asUdp(track, packet, startedAt));
      batch.push(record);
      bytes += record.length;
      packets++;
      if (bytes < batchBytes) continue;
      await handle.appendFile(Buffer.concat(batch));
      batch = [];
      bytes = 0;
    }
    await handle.appendFile(Buffer.concat(batch));
    return packets;
  } finally {
    await handle.close();
  }
};

const asUdp = (track: TrackName, { offsetMs, datagram, rtcp }: SpoolPacket, startedAt: number): CapturedUdp => {
  const { address, port } = places[track];
  const used = rtcp ? port + 1 : port;
  return {
    at: startedAt + offsetMs,
    from: { address, port: used },
    to: { address: ours, port: used },
    payload: datagram,
  };
};

/** The packets of all tracks by their arrival. */
async function* merged(
  dir: string,
  names: readonly TrackName[],
): AsyncGenerator<{ track: TrackName; packet: SpoolPacket }, void, undefined> {
  const sides = names.map((track) => ({ track, packets: eachOf(dir, track) }));
  const heads = await Promise.all(sides.map(({ packets }) => packets.next()));
  for (;;) {
    let earliest: number | undefined;
    for (const [i, head] of heads.entries()) {
      const best = earliest === undefined ? undefined : heads[earliest];
      if (!head.done && (best?.done !== false || head.value.offsetMs < best.value.offsetMs)) earliest = i;
    }
    const side = earliest === undefined ? undefined : sides[earliest];
    const head = earliest === undefined ? undefined : heads[earliest];
    if (earliest === undefined || side === undefined || head === undefined || head.done) return;
    yield { track: side.track, packet: head.value };
    heads[earliest] = await side.packets.next();
  }
}

async function* eachOf(dir: string, track: TrackName): AsyncGenerator<SpoolPacket, undefined, undefined> {
  for await (const packets of readTrack(dir, track)) yield* packets;
  return undefined;
}
