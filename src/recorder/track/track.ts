import { isRtcp, parseRtp, type RtpPacket } from '../../rtp/packet.ts';
import { parseSenderReport } from '../../rtp/sender-report.ts';
import type { PayloadMap } from '../spool/journal.ts';
import { type CodecTable, codecTable, createPayloadTypes, type PayloadKind } from './codecs.ts';
import { type Drift, noDrift } from './drift.ts';
import { createCounts, type TrackReport } from './report.ts';
import { createStream, type Stream } from './stream.ts';
import { createTimeline } from './timeline.ts';

/** How a track is made; all times in ms on the recording's clock. */
export interface TrackOptions {
  /** Sound counts from here; what was before it is dropped, but tells how the clocks lie. */
  readonly startMs: number;
  /** Samples a second of the track: 8000, 16000 or 48000. */
  readonly sampleRate: number;
  /** Payload types of the first SDP. */
  readonly payloads?: PayloadMap;
  /** Default: PCMU, PCMA and G722; OPUS takes the table of createTrackCodecs. */
  readonly codecs?: CodecTable;
  /** How long a packet is looked ahead from before it is played: what is reordered further is lost. Default 4000. */
  readonly lookAheadMs?: number;
  /** The longest stall of a receiver after which its burst still finds its place if sound is read meanwhile. Default 6000. */
  readonly longestStallMs?: number;
}

/** One direction of a recording, from its packets to samples of a timeline that is the recording's clock. */
export interface Track {
  /**
   * A datagram, RTP or RTCP, in the order of arrival. The track keeps a view of it for `lookAheadMs`: don't reuse its
   * memory. Anything at all is accepted; what is no RTP is counted. Push also what arrived up to `lookAheadMs` after the
   * end, if there is any: late packets may sound before it.
   */
  push(arrivalMs: number, datagram: Uint8Array): void;
  /**
   * A new SDP takes effect for packets that arrive from `atMs` on, the very first one at once; call it before those are
   * pushed.
   */
  payloads(map: PayloadMap, atMs: number): void;
  /**
   * What is pushed from now on has nothing to do with what was before: nothing was recorded in between, so that what is
   * missing there is neither lost nor concealed.
   */
  interrupt(): void;
  /** Time has come so far without a packet, so that silence becomes final. */
  advance(nowMs: number): void;
  /**
   * Samples that are final by now, at most a second; undefined if there are none: call it until then. They are as far
   * behind the packets as a stall may last (`longestStallMs`).
   */
  read(): Int16Array | undefined;
  /**
   * The rest, so that all that was read is round((stopMs - startMs) * sampleRate / 1000) samples, in pieces of up to a
   * second. Packets that are pushed later are ignored. `stopMs` must not lie before what was read.
   */
  finish(stopMs: number): Iterable<Int16Array>;
  /** What happened so far. */
  readonly report: TrackReport;
}

/** Streams without packets for this long are forgotten. */
const forgottenMs = 60_000;
/** More SSRCs than this at once are no telephone call: the one that was silent longest is forgotten. */
const mostStreams = 32;
const mostReportedSsrcs = 64;
/** A new source within this of the end of another one begins exactly there. */
const snapMs = 10;

/** A track from `startMs` on. */
export const createTrack = (options: TrackOptions): Track => {
  const { startMs, sampleRate, lookAheadMs = 4000, longestStallMs = 6000 } = options;
  const types = createPayloadTypes(options.codecs ?? codecTable);
  if (options.payloads !== undefined) types.learn(options.payloads);
  const counts = createCounts();
  const timeline = createTimeline(sampleRate);
  /** The stream of each SSRC, and all that still have something to play. */
  const bySsrc = new Map<number, Stream>();
  let streams: Stream[] = [];
  let comingPayloads: { map: PayloadMap; atMs: number }[] = [];
  let sdpKnown = options.payloads !== undefined;
  let nowMs = Number.NEGATIVE_INFINITY;
  let finished = false;
  let drift = noDrift;
  let senderReportDrift = noDrift;

  const positionOf = (ms: number): number => Math.floor(((ms - startMs) * sampleRate) / 1000);

  const snap = (position: number): number => {
    const near = (snapMs * sampleRate) / 1000;
    const other = streams.find((stream) => !stream.sounding && Math.abs(stream.position - position) <= near);
    return other === undefined ? position : other.position;
  };

  const open = (ssrc: number, arrivalMs: number): Stream => {
    const stream = createStream(arrivalMs, { startMs, sampleRate, timeline, counts, snap });
    if (!counts.ssrcs.includes(ssrc) && counts.ssrcs.length < mostReportedSsrcs) counts.ssrcs.push(ssrc);
    bySsrc.set(ssrc, stream);
    streams.push(stream);
    if (streams.length > mostStreams) {
      forget(streams.reduce((oldest, other) => (other.lastArrivalMs < oldest.lastArrivalMs ? other : oldest)));
    }
    return stream;
  };

  const forget = (stream: Stream): void => {
    stream.playUntil(Number.POSITIVE_INFINITY);
    drift = longer(drift, stream.drift());
    senderReportDrift = longer(senderReportDrift, stream.senderReportDrift());
    streams = streams.filter((other) => other !== stream);
    for (const [ssrc, known] of bySsrc) if (known === stream) bySsrc.delete(ssrc);
  };

  const play = (): void => {
    const limit = nowMs - lookAheadMs;
    if (streams.length === 1) streams[0]?.playUntil(limit);
    else {
      for (const stream of streams) stream.playUntil(limit);
      for (const stream of streams) if (stream.idle && stream.lastArrivalMs < nowMs - forgottenMs) forget(stream);
    }
  };

  const moveTo = (ms: number): number => {
    if (ms > nowMs && ms < Number.POSITIVE_INFINITY) nowMs = ms;
    while (comingPayloads[0] !== undefined && comingPayloads[0].atMs <= nowMs) {
      types.learn(comingPayloads[0].map);
      comingPayloads = comingPayloads.slice(1);
    }
    return nowMs;
  };

  const pushRtp = (packet: RtpPacket, arrivalMs: number): void => {
    const meaning = types.kindOf(packet.payloadType);
    count(packet, meaning);
    const stream = bySsrc.get(packet.ssrc) ?? open(packet.ssrc, arrivalMs);
    if (stream.push(packet, meaning, arrivalMs) === 'taken') return;
    counts.jumps++;
    const { stray } = stream;
    const next = open(packet.ssrc, stray?.arrivalMs ?? arrivalMs);
    if (stray !== undefined) next.push(stray.packet, stray.meaning, stray.arrivalMs);
    next.push(packet, meaning, arrivalMs);
  };

  const count = (packet: RtpPacket, meaning: PayloadKind): void => {
    if (meaning.kind === 'event') counts.events++;
    else if (meaning.kind === 'comfort-noise') counts.comfortNoise++;
    else if (meaning.kind === 'unknown') {
      counts.unknownPayloads[packet.payloadType] = (counts.unknownPayloads[packet.payloadType] ?? 0) + 1;
    }
  };

  const pushRtcp = (datagram: Uint8Array): void => {
    counts.rtcp++;
    const report = parseSenderReport(datagram);
    if (report !== undefined) bySsrc.get(report.ssrc)?.senderReport(report);
  };

  /** Nothing that comes from now on belongs before this position. */
  const horizon = (): number => {
    let final = positionOf(nowMs - longestStallMs);
    for (const stream of streams) {
      if (stream.idle) continue;
      const busy = stream.sounding
        ? stream.position
        : Math.max(stream.position, positionOf(stream.playedMs - longestStallMs));
      if (busy < final) final = busy;
    }
    return final;
  };

  return {
    push(arrivalMs, datagram) {
      if (finished) return;
      const arrival = moveTo(arrivalMs);
      if (arrival === Number.NEGATIVE_INFINITY) return;
      if (isRtcp(datagram)) pushRtcp(datagram);
      else {
        const packet = parseRtp(datagram);
        if (packet === undefined) counts.malformed++;
        else pushRtp(packet, arrival);
      }
      play();
    },

    payloads(map, atMs) {
      // The first one is better early than not at all.
      if (atMs <= nowMs || !sdpKnown) types.learn(map);
      else comingPayloads = [...comingPayloads, { map, atMs }].sort((a, b) => a.atMs - b.atMs);
      sdpKnown = true;
    },

    interrupt() {
      for (const stream of streams) forget(stream);
    },

    advance(ms) {
      if (finished) return;
      moveTo(ms);
      play();
    },

    read: () => (finished ? undefined : timeline.take(horizon())),

    finish(stopMs) {
      finished = true;
      for (const stream of streams) stream.playUntil(Number.POSITIVE_INFINITY);
      const total = Math.round(((stopMs - startMs) * sampleRate) / 1000);
      return {
        *[Symbol.iterator]() {
          for (let samples = timeline.take(total); samples !== undefined; samples = timeline.take(total)) yield samples;
        },
      };
    },

    get report() {
      const byArrival = streams.reduce((best, stream) => longer(best, stream.drift()), drift);
      const byReports = streams.reduce((best, stream) => longer(best, stream.senderReportDrift()), senderReportDrift);
      return {
        ...counts,
        ssrcs: [...counts.ssrcs],
        codecs: [...counts.codecs],
        unknownPayloads: { ...counts.unknownPayloads },
        // The meters see the other clock against the sender's media clock: the sender is fast where that is slow.
        driftPpm: 0 - byArrival.ppm,
        senderReportPpm: 0 - byReports.ppm,
      };
    },
  };
};

const longer = (one: Drift, other: Drift): Drift => (other.spanMs > one.spanMs ? other : one);
