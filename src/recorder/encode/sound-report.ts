import { parseRtp } from '../../rtp/packet.ts';
import { createLiveAnalysis } from '../capture/live-analysis.ts';
import { type TrackName, tracksOf } from '../recording/parameters.ts';
import type { SoundReport } from '../registry/sound-facts.ts';
import type { SpoolContents } from '../spool/read-spool.ts';
import { readTrack } from '../spool/read-track.ts';
import { createLossFinder, type Loss } from '../track/losses.ts';

/** Losses that are so near are one, ms: nobody can point at each. */
const nearMs = 500;
/** The largest are kept. */
const mostLosses = 100;
/** More than menus ask for. */
const mostKeys = 200;

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

/** What one track tells of itself. */
const lookThrough = async (dir: string, track: TrackName, spool: SpoolContents) => {
  const { entries, startMs, stopMs } = spool;
  const pauses = [...spool.pauses];
  const meanings = entries.flatMap((entry) => (entry.event === 'sdp' && entry.track === track ? [entry] : []));
  const finder = createLossFinder(10_000);
  const keys: number[] = [];
  const analysis = createLiveAnalysis({
    digits: {
      report(_digit, from) {
        if (keys.length < mostKeys) keys.push(Math.round(from));
      },
    },
  });
  for await (const packets of readTrack(dir, track)) {
    for (const { offsetMs, datagram, rtcp } of packets) {
      const counts = !rtcp && offsetMs >= startMs && offsetMs <= stopMs;
      const packet = counts ? parseRtp(datagram) : undefined;
      if (packet === undefined) continue;
      // What came in the very moment of a pause may be on either side of it.
      if (pauses[0] && offsetMs >= pauses[0].from - 1) finder.restart();
      while (pauses[0] && offsetMs > pauses[0].to) pauses.shift();
      while (meanings[0] && meanings[0].t <= offsetMs) analysis.update(meanings.shift()?.payloads ?? {});
      finder.packet(packet, offsetMs);
      analysis.packet(packet, offsetMs);
    }
  }
  analysis.finish(stopMs);
  return { packets: finder.packets(), lost: finder.lost(), losses: gatherLosses(finder.losses()), keys };
};

/** Looks through the packets of a spool once. @throws SipreelError spool_unreadable */
export const soundReportOf = async (dir: string, spool: SpoolContents): Promise<SoundReport> => {
  const tracks: Record<string, { packets: number; lost: number }> = {};
  const all: SoundReport['losses'][number][] = [];
  let keys: readonly number[] = [];
  for (const track of tracksOf(spool.record.direction)) {
    const found = await lookThrough(dir, track, spool);
    tracks[track] = { packets: found.packets, lost: found.lost };
    all.push(...found.losses.map((loss) => ({ track, ...loss })));
    // The party's: those of its peer are none of ours.
    if (track === 'speak') keys = found.keys;
  }
  return { tracks, losses: all.sort((a, b) => a.at - b.at), keys };
};
