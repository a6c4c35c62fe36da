import { createDriftMeter, type Drift } from './drift.ts';
import { createEnvelope } from './envelope.ts';
import type { Arrival, ReorderQueue } from './reorder.ts';

/** What came between a sound packet and the one before it. */
export interface Between {
  /** Sequence numbers that are missing. */
  lost: number;
  /** telephone-event packets, during which some senders' timestamps stand still. */
  events: boolean;
  /** Comfort noise: the sender said that it falls silent. */
  comfortNoise: boolean;
}

/** Where the sound of a packet belongs. */
export interface Place {
  /** The begin of the sound on the sender's media clock, in ms. */
  readonly mediaMs: number;
  /** Length of the sound in ms. */
  readonly lengthMs: number;
  /** Recording clock minus media clock, in ms, as it is here. */
  readonly offsetMs: number;
  /** The media clock is another one than before: nothing before this packet tells where it belongs. */
  readonly jumped: boolean;
  /** From the end of the sound before to the begin of this, in ms; 0 where it jumped. */
  readonly gapMs: number;
  /** What the packets lost before it would last, in ms, if they were like the last one. */
  readonly lostMs: number;
}

/** The clock of a sender: its timestamps, and how they lie on the recording's clock. */
export interface SenderClock {
  /** Places the next packet in sequence order; `queue` holds what comes after it. */
  place(packet: Arrival, clockRate: number, between: Between, queue: ReorderQueue): Place;
  /** Recording clock against media clock: positive if the recording's runs faster. */
  drift(): Drift;
}

/** Timestamps of senders that take them from a wall clock may be off by this, and the sound still hangs together. */
export const slackMs = 5;
/** Timestamps that follow one another while the arrivals say that the sender paused: for this long at least. */
const leastPauseMs = 100;
/** How often the envelope is looked at. */
const lookMs = 200;

/** The clock of a sender that was not heard yet. */
export const createSenderClock = (): SenderClock => {
  const envelope = createEnvelope();
  const driftMeter = createDriftMeter();
  let last: Arrival | undefined;
  let lastRate = 0;
  /** Ticks to add to the timestamps of a sender whose timestamp stood still. */
  let bias = 0;
  let end = 0;
  let offsetMs = 0;
  let lookedAtMs = 0;

  return {
    place(packet, clockRate, between, queue) {
      const tickMs = 1000 / clockRate;
      let gapMs = 0;
      let smooth = false;
      let jumped = true;
      if (last === undefined || clockRate !== lastRate) bias = 0;
      else {
        if (packet.timestamp === last.timestamp) bias += last.ticks * (1 + between.lost);
        gapMs = (packet.timestamp + bias - end) * tickMs;
        smooth = !between.events && Math.abs(gapMs - between.lost * last.ticks * tickMs) <= slackMs;
        const biasMs = bias * tickMs;
        jumped = smooth
          ? envelope.excess(packet.arrivalMs, packet.transitMs - biasMs) > leastPauseMs &&
            envelope.shift(packet, queue, biasMs) > leastPauseMs
          : envelope.shift(packet, queue, biasMs) !== 0;
      }
      const biasMs = bias * tickMs;
      const lostMs = last === undefined ? 0 : (between.lost * last.ticks * 1000) / lastRate;
      if (jumped) {
        envelope.restart();
        driftMeter.restart();
      }
      envelope.observe(packet.arrivalMs, packet.transitMs - biasMs);
      if (jumped || !smooth || Math.abs(packet.arrivalMs - lookedAtMs) >= lookMs) {
        offsetMs = envelope.at(packet, queue, biasMs);
        lookedAtMs = packet.arrivalMs;
        driftMeter.add(packet.arrivalMs, offsetMs);
      }
      last = packet;
      lastRate = clockRate;
      end = packet.timestamp + bias + packet.ticks;
      return {
        mediaMs: (packet.timestamp + bias) * tickMs,
        lengthMs: packet.ticks * tickMs,
        offsetMs,
        jumped,
        gapMs: jumped ? 0 : gapMs,
        lostMs,
      };
    },
    drift: driftMeter.result,
  };
};
