import type { RtpPacket } from '../../rtp/packet.ts';
import type { SenderReport } from '../../rtp/sender-report.ts';
import {
  createSequenceExtender,
  createTimestampExtender,
  sequenceDistance,
  timestampDistance,
} from '../../rtp/sequence.ts';
import type { PayloadKind } from './codecs.ts';
import { createDriftMeter, type Drift, noDrift } from './drift.ts';
import { createLine, type LineOptions } from './line.ts';
import { type Arrival, createReorderQueue } from './reorder.ts';
import type { Between } from './sender-clock.ts';

/** The packets of one SSRC: sorted, counted, and played once they are old enough for all that belongs before them. */
export interface Stream {
  /** A packet of this SSRC; `restarted` if the sender began its sequence numbers anew, which takes a new stream. */
  push(packet: RtpPacket, meaning: PayloadKind, arrivalMs: number): 'taken' | 'restarted';
  /** The packet that was taken for a stray before the sequence numbers began anew. */
  readonly stray: Stray | undefined;
  senderReport(report: SenderReport): void;
  /** Plays what came until then. */
  playUntil(arrivalMs: number): void;
  /** Nothing is left to play. */
  readonly idle: boolean;
  readonly lastArrivalMs: number;
  /** The arrival of what was played last, or of the first packet. */
  readonly playedMs: number;
  readonly sounding: boolean;
  readonly position: number;
  /** The recording's clock against the sender's media clock. */
  drift(): Drift;
  /** The sender's NTP clock against its media clock. */
  senderReportDrift(): Drift;
}

/** A packet far from the sequence: of the next sequence if one follows it, else a stray. */
export interface Stray {
  readonly packet: RtpPacket;
  readonly meaning: PayloadKind;
  readonly arrivalMs: number;
}

/** RFC 3550 appendix A.1: a gap of up to a minute is loss; more, or going far back, is a new sequence or a stray. */
const mostDropout = 3000;
const mostMisorder = 1000;
/** Packets whose timestamps are remembered: more than may come in another order. */
const remembered = 1024;
/**
 * A packet that is late by its sequence number is older by its timestamp as well, though not by more than this (a minute of
 * 48 kHz), or younger by no more than what a jump of the timestamps may explain; else a new sequence has begun nearby.
 */
const mostOlderTicks = 60 * 48_000;
const mostYoungerTicks = 5 * 8000;

/** Sound of the usual length is put at its arrival. */
const usualPtimeMs = 20;

/** Differences of transit beyond this are jumps of the timestamp and no jitter. */
const mostJitterMs = 1000;

/** A stream that begins now. */
export const createStream = (firstArrivalMs: number, options: LineOptions): Stream => {
  const { counts } = options;
  const line = createLine(options);
  const queue = createReorderQueue();
  const sequences = createSequenceExtender();
  const timestamps = createTimestampExtender();
  const ntpMeter = createDriftMeter();
  const between: Between = { lost: 0, events: false, comfortNoise: false };
  let lastArrivalMs = firstArrivalMs;
  let playedMs = firstArrivalMs;
  let playedSequence: number | undefined;
  let stray: Stray | undefined;
  /** Of the packet with the highest sequence number. */
  let newestTimestamp = 0;
  /** Sequence number and timestamp of the last packets, as one number each. */
  const timestampsOf = new Float64Array(remembered).fill(Number.NaN);
  let jitterMs = 0;
  let lastTransitMs = Number.NaN;

  const measureJitter = (transitMs: number): void => {
    const difference = Math.abs(transitMs - lastTransitMs);
    lastTransitMs = transitMs;
    if (!(difference < mostJitterMs)) return;
    jitterMs += (difference - jitterMs) / 16;
    if (jitterMs > counts.jitterMs) counts.jitterMs = jitterMs;
  };

  const isStray = (packet: RtpPacket): boolean => {
    if (sequences.highest === undefined) return false;
    const distance = sequenceDistance(packet.sequence, sequences.highest);
    if (distance > mostDropout || distance < -mostMisorder) return true;
    if (distance >= 0) return false;
    const known = timestampsOf[packet.sequence % remembered] ?? Number.NaN;
    const older = timestampDistance(newestTimestamp, packet.timestamp);
    // A number that was here with another timestamp is one of another sequence.
    return (
      (Math.floor(known / 2 ** 32) === packet.sequence && known % 2 ** 32 !== packet.timestamp) ||
      older > mostOlderTicks ||
      older < -mostYoungerTicks
    );
  };

  const played = (packet: Arrival): void => {
    if (playedSequence !== undefined) {
      const lost = packet.sequence - playedSequence - 1;
      between.lost += lost;
      counts.lost += lost;
    }
    playedSequence = packet.sequence;
    playedMs = Math.max(playedMs, packet.arrivalMs);
    const { meaning } = packet;
    if (meaning.kind === 'event') between.events = true;
    else if (meaning.kind === 'comfort-noise') between.comfortNoise = true;
    else if (meaning.kind === 'sound' && packet.ticks > 0) {
      line.play(packet, meaning.codec, between, queue);
      between.lost = 0;
      between.events = false;
      between.comfortNoise = false;
    }
  };

  return {
    push(packet, meaning, arrivalMs) {
      lastArrivalMs = arrivalMs;
      if (isStray(packet)) {
        if (stray !== undefined && sequenceDistance(packet.sequence, stray.packet.sequence) === 1) return 'restarted';
        stray = { packet, meaning, arrivalMs };
        return 'taken';
      }
      const sequence = sequences.extend(packet.sequence);
      if (sequence === sequences.highest) newestTimestamp = packet.timestamp;
      timestampsOf[packet.sequence % remembered] = packet.sequence * 2 ** 32 + packet.timestamp;
      const sounds = meaning.kind === 'sound' && packet.payload.length > 0;
      const ticks = sounds ? meaning.codec.ticks(packet.payload) : 0;
      const timestamp = sounds ? timestamps.extend(packet.timestamp) : 0;
      const endMs = sounds ? ((timestamp + ticks) * 1000) / meaning.codec.clockRate : 0;
      const result = queue.push({
        sequence,
        timestamp,
        payload: packet.payload,
        meaning,
        arrivalMs,
        ticks,
        transitMs: arrivalMs - endMs + usualPtimeMs,
      });
      if (result === 'duplicate') {
        counts.duplicates++;
        return 'taken';
      }
      counts.packets++;
      if (result === 'late') counts.late++;
      else if (result === 'reordered') counts.reordered++;
      if (sounds) measureJitter(arrivalMs - endMs);
      return 'taken';
    },

    get stray() {
      return stray;
    },

    senderReport(report) {
      const clockRate = line.codec?.clockRate;
      if (clockRate === undefined) return;
      const mediaMs = (timestamps.peek(report.timestamp) * 1000) / clockRate;
      ntpMeter.add(mediaMs, report.ntpMs - mediaMs);
    },

    playUntil(arrivalMs) {
      let head = queue.at(0);
      if (head === undefined) return;
      while (head !== undefined && head.arrivalMs <= arrivalMs) {
        queue.shift();
        played(head);
        head = queue.at(0);
      }
      if (head === undefined) line.rest();
    },

    get idle() {
      return queue.length === 0;
    },
    get lastArrivalMs() {
      return lastArrivalMs;
    },
    get playedMs() {
      return playedMs;
    },
    get sounding() {
      return line.sounding;
    },
    get position() {
      return line.position;
    },
    drift: () => (line.codec === undefined ? noDrift : line.drift()),
    senderReportDrift: ntpMeter.result,
  };
};
