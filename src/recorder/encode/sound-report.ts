import { parseRtp } from '../../rtp/packet.ts';
import { tracksOf } from '../recording/parameters.ts';
import type { SoundReport } from '../registry/sound-facts.ts';
import type { SpoolContents } from '../spool/read-spool.ts';
import { readTrack } from '../spool/read-track.ts';
import { createLossFinder, type Loss } from '../track/losses.ts';

/** Losses that are so near are one, ms: nobody can point at each. */
const nearMs = 500;
/** The largest are kept. */
const mostLosses = 100;

/** Near losses as one, and of many the largest; in order. */
export const gatherLosses = (losses: readonly Loss[]): readonly Loss[] => {
  const gathered: { at: number; packets: number; last: number }[] = [];
  for (const { at, packets } of losses) {
    const before = gathered.at(-1);
    if (before && at - before.last < nearMs) {
      before.packets += packets;
      before.last = at;
    } else gathered.push({ at, packets, last: at });
  }
  return gathered
    .sort((a, b) => b.packets - a.packets)
    .slice(0, mostLosses)
    .sort((a, b) => a.at - b.at)
    .map(({ at, packets }) => ({ at: Math.round(at), packets }));
};

/** Looks through the packets of a spool once. @throws SipreelError spool_unreadable */
export const soundReportOf = async (
  dir: string,
  { record, startMs, stopMs, pauses }: SpoolContents,
): Promise<SoundReport> => {
  const tracks: Record<string, { packets: number; lost: number }> = {};
  const losses: SoundReport['losses'][number][] = [];
  for (const track of tracksOf(record.direction)) {
    const finder = createLossFinder(10_000);
    let pausesOver = 0;
    for await (const packets of readTrack(dir, track)) {
      for (const { offsetMs, datagram, rtcp } of packets) {
        if (rtcp || offsetMs < startMs || offsetMs > stopMs) continue;
        const packet = parseRtp(datagram);
        if (packet === undefined) continue;
        for (let pause = pauses[pausesOver]; pause && offsetMs > pause.from; pause = pauses[++pausesOver]) {
          finder.restart();
        }
        finder.packet(packet, offsetMs);
      }
    }
    tracks[track] = { packets: finder.packets(), lost: finder.lost() };
    losses.push(...gatherLosses(finder.losses()).map((loss) => ({ track, ...loss })));
  }
  return { tracks, losses: losses.sort((a, b) => a.at - b.at) };
};
