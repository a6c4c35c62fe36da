import { parseRtp } from '../../rtp/packet.ts';
import { tracksOf } from '../recording/parameters.ts';
import type { JournalEntry, PayloadMap } from '../spool/journal.ts';
import type { SpoolContents } from '../spool/read-spool.ts';
import { readTrack } from '../spool/read-track.ts';
import { soundRate, staticPayloads } from '../track/codecs.ts';

type SdpEntry = Extract<JournalEntry, { event: 'sdp' }>;

/** Rates of files that every player and encoder knows. */
const fileRates: readonly number[] = [8000, 16_000, 24_000, 48_000];

/** The lowest rate of a file that loses nothing of sound at any of these rates. */
const fileRate = (rates: Iterable<number>): number => {
  const highest = Math.max(0, ...rates);
  return fileRates.find((rate) => rate >= highest) ?? 48_000;
};

const ratesOf = (payloads: PayloadMap): readonly number[] =>
  Object.values(payloads).flatMap((format) => soundRate(format) ?? []);

const sdpsOf = (entries: readonly JournalEntry[]): readonly SdpEntry[] =>
  entries.filter((entry): entry is SdpEntry => entry.event === 'sdp').sort((a, b) => a.t - b.t);

/** The rate that the journal's SDPs allow: the file's, as far as it can be known before packets are read. */
export const likelyRate = (entries: readonly JournalEntry[]): number =>
  fileRate(sdpsOf(entries).flatMap(({ payloads }) => ratesOf(payloads)));

/**
 * The rate of the best codec that really came, in Hz. Where the SDPs leave a choice, packets are looked at until one of the best
 * is found.
 * @throws SipreelError spool_unreadable
 */
export const heldRate = async (dir: string, { entries, record }: SpoolContents): Promise<number> => {
  const sdps = sdpsOf(entries);
  const rates = new Set(sdps.flatMap(({ payloads }) => ratesOf(payloads)));
  if (rates.size <= 1) return fileRate(rates);
  const best = Math.max(...rates);
  let held = 0;
  for (const track of tracksOf(record.direction)) {
    const meant = sdps.filter((sdp) => sdp.track === track);
    let known: PayloadMap = { ...staticPayloads, ...meant[0]?.payloads };
    let next = 1;
    for await (const packets of readTrack(dir, track)) {
      for (const { offsetMs, datagram } of packets) {
        for (let sdp = meant[next]; sdp !== undefined && sdp.t <= offsetMs; sdp = meant[++next]) {
          known = { ...known, ...sdp.payloads };
        }
        const format = known[parseRtp(datagram)?.payloadType ?? -1];
        held = Math.max(held, (format && soundRate(format)) ?? 0);
        if (held === best) return fileRate([held]);
      }
    }
  }
  return fileRate([held]);
};
