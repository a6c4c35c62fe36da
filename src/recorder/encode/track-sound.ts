import { setImmediate as nextTurn } from 'node:timers/promises';
import { SipreelError } from '../../errors/error.ts';
import type { TrackName } from '../recording/parameters.ts';
import type { JournalEntry } from '../spool/journal.ts';
import { recordHeaderBytes, type SpoolPacket } from '../spool/rtpdump.ts';
import { createTrackReader } from '../spool/track-reader.ts';
import { createCut } from '../track/cut.ts';
import { createMask } from '../track/mask.ts';
import type { TrackReport } from '../track/report.ts';
import { createTrack, type TrackOptions } from '../track/track.ts';
import { createTrackCodecs } from '../track/track-codecs.ts';
import { lookAheadMs } from './journal-fit.ts';
import { pausedSamples, type RenderPlan, sampleAt } from './plan.ts';

type SdpEntry = Extract<JournalEntry, { event: 'sdp' }>;

/**
 * One direction of a spool as samples from its start on. What it gives does not depend on when it is asked: sound is taken
 * from the track whenever the recording's clock passes a whole second, by packets or, where none came, by itself.
 */
export interface TrackSound {
  /**
   * The next samples that are final by the packets that arrived until `limitMs`; undefined if there are no more by now, or,
   * where the plan has an end and the limit is infinite, at all.
   * @throws SipreelError pieces_misfit, spool_unreadable
   */
  next(limitMs: number): Promise<Int16Array | undefined>;
  /** A journal that has grown, and the plan that it makes; journalFits has to be true of it. */
  learn(entries: readonly JournalEntry[], plan: RenderPlan): void;
  /** Packets that arrived until then were taken, ms on the recording's clock. */
  readonly packetsMs: number;
  /** Samples that were taken from the track, those that the file leaves out with them. */
  readonly samples: number;
  readonly report: TrackReport;
  /** Closes the file until next() is called again. Idempotent. */
  rest(): Promise<void>;
}

/** How much a track is given to think. */
export interface Pace extends Required<Pick<TrackOptions, 'lookAheadMs' | 'longestStallMs'>> {
  /** How often sound is taken from it, ms. */
  readonly turnMs: number;
  /** Without packets for so long it has fallen silent: time passes for it all the same, so that the other need not wait. */
  readonly quietMs: number;
  /** Time without packets passes only up to this much before the limit: they may be on their way to the disk, ms. */
  readonly onDiskMs: number;
  /** Only packets near the end of what is on the disk are taken, from about this moment of the recording's clock on, ms. */
  readonly fromMs?: number;
  /** Packets that come later than they should are taken for what they are worth, and do not spoil everything. */
  readonly lenient: boolean;
}

/** For files. */
export const filePace: Pace = {
  lookAheadMs,
  longestStallMs: 6000,
  turnMs: 1000,
  quietMs: 10_000,
  onDiskMs: 0,
  lenient: false,
};
/** How far sound that is given out for a file may be behind the packets: the longest stall, and a turn. */
export const finalAfterMs = filePace.longestStallMs + filePace.turnMs;
/** Bytes of the end of a track that hold more than its clock needs to be known: 7 s of G.711. */
const tailBytes = 64 * 1024;
/** Packets that are worked on in one turn of the event loop: locks and other jobs of the same process keep their time. */
const sliceLength = 128;
/** What a turn counts as among them. */
const turnPackets = 8;

const sdpsOf = (entries: readonly JournalEntry[], name: TrackName): readonly SdpEntry[] =>
  entries.filter((entry): entry is SdpEntry => entry.event === 'sdp' && entry.track === name).sort((a, b) => a.t - b.t);

/** A direction from its first packet on. */
export const createTrackSound = (
  dir: string,
  name: TrackName,
  firstEntries: readonly JournalEntry[],
  firstPlan: RenderPlan,
  pace: Pace = filePace,
): TrackSound => {
  const { lookAheadMs: lookAhead, longestStallMs, turnMs, quietMs, onDiskMs, fromMs, lenient } = pace;
  const reader = createTrackReader(dir, name, fromMs === undefined ? {} : { tailBytes });
  let plan = firstPlan;
  let sdps = sdpsOf(firstEntries, name);
  const codecs = createTrackCodecs();
  const track = createTrack({
    startMs: plan.startMs,
    sampleRate: plan.shape.sampleRate,
    payloads: sdps[0]?.payloads ?? {},
    codecs: codecs.table,
    lookAheadMs: lookAhead,
    longestStallMs,
  });
  /** Makes silent, and leaves out, what is to be so by the journal and the plan. */
  const filterFrom = (entries: readonly JournalEntry[], first: number) => {
    const keys = entries.flatMap((entry) =>
      entry.event === 'masked' && entry.track === name
        ? [{ from: sampleAt(plan, entry.from), to: sampleAt(plan, entry.to) }]
        : [],
    );
    const mask = createMask([...keys, ...pausedSamples(plan, 'silence')], first);
    const cut = createCut(pausedSamples(plan, 'skip'), first);
    return (sound: Int16Array): readonly Int16Array[] => cut(mask(sound));
  };
  let filter = filterFrom(firstEntries, 0);

  let packets: readonly SpoolPacket[] = [];
  let nextPacket = 0;
  /** Where the record after these begins. */
  let nextByte = 0;
  let nextSdp = 1;
  let nextPause = 0;
  /** Turned to this second of the clock next. */
  let nextTurnMs = Math.ceil((fromMs ?? turnMs) / turnMs) * turnMs;
  let lastPacketMs = 0;
  let packetsMs = 0;
  /** Up to here, time has passed although no packet had come. */
  let passedMs = 0;
  let inSlice = 0;
  let samples = 0;
  /** The track has to be asked for sound: only then, or what it gives would depend on when we are asked. */
  let turned = false;
  let rest: Iterator<Int16Array> | undefined;
  /** What is left of samples that were taken from the track. */
  let ready: readonly Int16Array[] = [];

  /** The packet that comes next, if it is on the disk. */
  const peek = async (toTheEnd: boolean): Promise<SpoolPacket | undefined> => {
    if (nextPacket < packets.length) return packets[nextPacket];
    // What looks damaged while it is written may not be there as a whole yet.
    const batch = await reader.next(toTheEnd || lenient);
    packets = batch?.packets ?? [];
    nextPacket = 0;
    nextByte = batch?.nextByte ?? nextByte;
    return packets[0];
  };

  const push = ({ offsetMs, datagram }: SpoolPacket): void => {
    if (offsetMs < passedMs && !lenient) {
      throw new SipreelError(
        'pieces_misfit',
        `${dir}: a packet of ${offsetMs} ms was written when ${name} had been rendered as silent until ${passedMs} ms`,
      );
    }
    for (let sdp = sdps[nextSdp]; sdp !== undefined && sdp.t <= offsetMs; sdp = sdps[++nextSdp]) {
      track.payloads(sdp.payloads, sdp.t);
    }
    // Offsets are rounded, and a packet of the time after a pause is never from before its end.
    for (; (plan.pauses[nextPause]?.to ?? Number.POSITIVE_INFINITY) <= offsetMs + 0.5; nextPause++) track.interrupt();
    track.push(offsetMs, datagram);
    nextPacket++;
    inSlice++;
    lastPacketMs = Math.max(lastPacketMs, offsetMs);
    packetsMs = Math.max(packetsMs, offsetMs);
  };

  const turn = (): void => {
    if (nextTurnMs - lastPacketMs >= quietMs) track.advance(nextTurnMs);
    nextTurnMs += turnMs;
    turned = true;
    inSlice += turnPackets;
  };

  const take = (): Int16Array | undefined => {
    for (;;) {
      const [given, ...more] = ready;
      if (given !== undefined) {
        ready = more;
        return given;
      }
      const sound = rest !== undefined ? rest.next().value : turned ? track.read() : undefined;
      if (sound === undefined) {
        turned = false;
        return undefined;
      }
      samples += sound.length;
      ready = filter(sound);
    }
  };

  return {
    async next(askedMs) {
      await codecs.prepare(sdps.map(({ payloads }) => payloads));
      // Later packets may still sound before the end, but not that much later.
      const limitMs = Math.min(askedMs, plan.stopMs + lookAhead);
      const toTheEnd = askedMs === Number.POSITIVE_INFINITY && limitMs < askedMs;
      for (;;) {
        const sound = take();
        if (sound !== undefined || rest !== undefined) return sound;
        if (inSlice >= sliceLength) {
          inSlice = 0;
          await nextTurn();
        }
        // Packets go in without asking for sound until the clock has come to a whole second.
        let packet = await peek(toTheEnd);
        while (packet !== undefined && packet.offsetMs <= limitMs && packet.offsetMs < nextTurnMs) {
          push(packet);
          packet = packets[nextPacket] ?? (await peek(toTheEnd));
        }
        if (packet !== undefined && packet.offsetMs <= limitMs) turn();
        else if (nextTurnMs <= limitMs - onDiskMs) {
          passedMs = nextTurnMs;
          packetsMs = Math.max(packetsMs, passedMs);
          turn();
        } else if (toTheEnd) rest = track.finish(plan.stopMs)[Symbol.iterator]();
        else return undefined;
      }
    },
    learn(entries, grown) {
      plan = grown;
      const known = sdps.length;
      sdps = sdpsOf(entries, name);
      // The first one holds for what came before it as well.
      if (known === 0 && sdps.length > 0 && packetsMs > 0 && !lenient) {
        throw new SipreelError(
          'pieces_misfit',
          `${dir}: the first SDP of ${name} came when it had been rendered without`,
        );
      }
      if (known === 0 && sdps[0] !== undefined) track.payloads(sdps[0].payloads, 0);
      filter = filterFrom(entries, samples);
    },
    get packetsMs() {
      return packetsMs;
    },
    get samples() {
      return samples;
    },
    get report() {
      return track.report;
    },
    rest() {
      const left = packets.slice(nextPacket);
      packets = [];
      nextPacket = 0;
      if (left.length === 0) return reader.rest();
      // What was not taken is read again: for hours it would lie in memory in vain.
      const leftBytes = left.reduce((sum, { datagram }) => sum + recordHeaderBytes + datagram.length, 0);
      return reader.rest(nextByte - leftBytes);
    },
  };
};
