import { isRtcp, parseRtp } from '../../rtp/packet.ts';
import type { PayloadMap } from '../../rtp/payload.ts';
import type { TrackCounter } from './counters.ts';
import type { LevelMeter } from './level-meter.ts';
import type { LiveAnalysis } from './live-analysis.ts';
import { createPauseGate } from './pause-gate.ts';
import { clockRates } from './payload-kinds.ts';
import type { TrackWriter } from './track-writer.ts';

/** Longer datagrams are no telephony: 2,000 bytes are 240 ms of G.711. */
export const longestTelephonyDatagram = 2000;

/** What comes from one fork: checked, counted, analysed if asked for, and handed to the disk. */
export interface RecordedTrack {
  /** A datagram of this track's fork that arrived at t (ms on the recording's clock). */
  accept(datagram: Buffer, onlyRtcp: boolean, t: number): void;
  /** What the payload types mean from now on. */
  update(payloads: PayloadMap): void;
  /** The first packet at or after t is reported, even if it is here already. */
  start(t: number): void;
  /** From now on nothing is handed to the disk; keys are still looked for. */
  pause(): void;
  /** What was sent from t on is handed to the disk again. */
  resume(t: number): void;
}

export const createRecordedTrack = (options: {
  readonly writer: TrackWriter;
  readonly counter: TrackCounter;
  readonly analysis: LiveAnalysis | undefined;
  readonly meter?: LevelMeter;
  readonly onFirstPacket: (t: number) => void;
}): RecordedTrack => {
  const { writer, counter, analysis, meter, onFirstPacket } = options;
  const gate = createPauseGate();
  let paused = false;
  let rates = clockRates({});
  let lastPacketMs = -1;
  /** Where the recording starts, as long as nothing came after that. */
  let awaitedFrom = Number.POSITIVE_INFINITY;

  const keep = (datagram: Buffer, rtcp: boolean, t: number): void => {
    if (!writer.add(datagram, rtcp, t)) counter.dropped(1);
  };

  const packetAt = (t: number): void => {
    lastPacketMs = t;
    if (t < awaitedFrom) return;
    awaitedFrom = Number.POSITIVE_INFINITY;
    onFirstPacket(t);
  };

  return {
    accept(datagram, onlyRtcp, t) {
      const plausible = datagram.length <= longestTelephonyDatagram;
      if (plausible && isRtcp(datagram)) {
        if (!paused) keep(datagram, true, t);
        return;
      }
      const packet = plausible && !onlyRtcp ? parseRtp(datagram) : undefined;
      if (!packet) {
        counter.malformed();
        return;
      }
      counter.packet(datagram.length);
      if (gate.watching && !gate.lets(packet, rates[packet.payloadType] ?? 8000, t)) {
        counter.paused();
        analysis?.packet(packet, t, false);
        return;
      }
      keep(datagram, false, t);
      packetAt(t);
      analysis?.packet(packet, t);
      meter?.packet(packet, t);
    },
    update(payloads) {
      rates = clockRates(payloads);
      analysis?.update(payloads);
      meter?.update(payloads);
    },
    pause() {
      paused = true;
      gate.pause();
    },
    resume(t) {
      paused = false;
      gate.resume(t);
    },
    start(t) {
      awaitedFrom = t;
      // The order to start came through a queue of messages, and a packet may have been faster.
      if (lastPacketMs >= t) packetAt(lastPacketMs);
    },
  };
};
