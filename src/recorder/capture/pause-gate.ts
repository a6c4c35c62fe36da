import type { RtpPacket } from '../../rtp/packet.ts';
import { sequenceDistance, timestampDistance } from '../../rtp/sequence.ts';

/**
 * Keeps what belongs to a pause out of one track, packet by packet. What arrives in the pause is out; and of what arrives
 * after it, whatever holds sound from before its end: packets that were held up on their way are told by their timestamps.
 */
export interface PauseGate {
  /** False as long as every packet is to be kept anyway: then the gate need not be asked. */
  readonly watching: boolean;
  pause(): void;
  /** The pause ends at t, ms on the recording's clock. */
  resume(t: number): void;
  /** True for a packet, arrived at t, that may be kept; `clockRate` is its ticks a second. */
  lets(packet: RtpPacket, clockRate: number, t: number): boolean;
}

/** How long after its first packet a resumed track is watched for packets of the pause. */
const watchedMs = 1000;
/** Who is later than this was not held up: the sender's timestamps have jumped. */
const mostLateMs = 30_000;
/** The least delay that was seen counts less and less, as the clocks may drift apart by this (see track/envelope.ts). */
const driftRate = 0.0012;
const usualPtimeMs = 20;
const longestPtimeMs = 120;
/** Who is later than this was held up by a stall, which says nothing of the others. */
const mostSpreadMs = 400;

/** What is known of one source: where the least delayed of its packets lies on the recording's clock. */
interface Sender {
  sequence: number;
  timestamp: number;
  /** Ms of the sender's media clock since its first packet. */
  mediaMs: number;
  /** Arrival minus media time of the least delayed packet, and when that was. */
  offsetMs: number;
  seenAtMs: number;
  /** The most that a packet was later than the least delayed one, and how many packets say so. */
  spreadMs: number;
  packets: number;
  ptimeMs: number;
}

/** How much less the least delay of all packets may be than that of those seen: ten times its mean for even jitter. */
const doubtMs = ({ spreadMs, packets }: Sender): number => Math.min(1, 10 / packets) * spreadMs;

/** A gate that lets everything pass. */
export const createPauseGate = (): PauseGate => {
  let senders = new Map<number, Sender>();
  let state: 'open' | 'paused' | 'resumed' = 'open';
  let resumedMs = 0;
  let firstAfterMs: number | undefined;

  /** When, at the earliest, the first of the sound in a packet was captured by its sender, as if it had travelled no time. */
  const begunMs = ({ ssrc, sequence, timestamp }: RtpPacket, clockRate: number, t: number): number => {
    const known = senders.get(ssrc);
    if (known === undefined) {
      const first = { sequence, timestamp, mediaMs: 0, offsetMs: t, seenAtMs: t };
      senders.set(ssrc, { ...first, spreadMs: 0, packets: 1, ptimeMs: usualPtimeMs });
      return t - usualPtimeMs;
    }
    const stepMs = (timestampDistance(timestamp, known.timestamp) * 1000) / clockRate;
    const mediaMs = known.mediaMs + stepMs;
    let lateMs = t - (mediaMs + known.offsetMs + driftRate * (t - known.seenAtMs));
    if (lateMs < 0 || lateMs > mostLateMs) {
      Object.assign(known, { offsetMs: t - mediaMs, seenAtMs: t });
      lateMs = 0;
    }
    known.packets++;
    if (lateMs <= mostSpreadMs) known.spreadMs = Math.max(known.spreadMs, lateMs);
    const ahead = sequenceDistance(sequence, known.sequence);
    if (ahead === 1 && stepMs > 0 && stepMs <= longestPtimeMs) known.ptimeMs = stepMs;
    if (ahead > 0) Object.assign(known, { sequence, timestamp, mediaMs });
    return t - lateMs - doubtMs(known) - known.ptimeMs;
  };

  return {
    get watching() {
      return state !== 'open';
    },
    pause() {
      // What was known of a pause that has just ended is still true.
      if (state === 'open') senders = new Map();
      state = 'paused';
    },
    resume(t) {
      state = 'resumed';
      resumedMs = t;
      firstAfterMs = undefined;
    },
    lets(packet, clockRate, t) {
      if (state === 'open') return true;
      const begun = begunMs(packet, clockRate, t);
      if (state === 'paused') return false;
      firstAfterMs ??= t;
      if (t > firstAfterMs + watchedMs) {
        state = 'open';
        return true;
      }
      return begun >= resumedMs;
    },
  };
};
