import { encodePcma, encodePcmu } from '../../../src/rtp/g711.ts';
import { buildRtp } from '../../../src/rtp/packet.ts';

/** A datagram on its way, with its arrival in ms on the recording's clock. */
export interface Sent {
  readonly arrivalMs: number;
  readonly datagram: Uint8Array;
}

export interface SenderOptions {
  readonly ssrc?: number;
  readonly sequence?: number;
  readonly timestamp?: number;
  /** When the sender's first sample is captured, on the recording's clock. */
  readonly beginMs?: number;
  /** The sender's clock is this much fast. */
  readonly ppm?: number;
  readonly payloadType?: number;
  readonly ptimeMs?: number;
  /** The way of a packet through the network, in ms; undefined loses it. */
  readonly network?: (packetIndex: number, sentMs: number) => number | undefined;
}

/**
 * An 8 kHz G.711 telephone as a simulation: it captures sound by its own clock and sends each packet when its last sample
 * is there. Every knob that the timeline has to survive can be turned between two packets.
 */
export const createSender = (options: SenderOptions = {}) => {
  const phone = {
    ssrc: options.ssrc ?? 0x1234,
    sequence: options.sequence ?? 100,
    timestamp: options.timestamp ?? 5000,
    payloadType: options.payloadType ?? 0,
    ptimeMs: options.ptimeMs ?? 20,
  };
  const sampleMs = 1000 / (8000 * (1 + (options.ppm ?? 0) / 1e6));
  const beginMs = options.beginMs ?? 0;
  const network = options.network ?? (() => 0);
  const sent: Sent[] = [];
  let captured = 0;
  let packets = 0;

  const send = (payloadType: number, timestamp: number, payload: Uint8Array): void => {
    const sentMs = beginMs + captured * sampleMs;
    const delayMs = network(packets++, sentMs);
    const { ssrc } = phone;
    const datagram = buildRtp({ payloadType, sequence: phone.sequence++, timestamp, ssrc, marker: false }, payload);
    if (delayMs !== undefined) sent.push({ arrivalMs: sentMs + delayMs, datagram });
  };

  return {
    phone,
    /** Captures and sends the samples, in packets of the current ptime. */
    say(samples: Int16Array): void {
      for (let at = 0; at < samples.length; ) {
        const frame = samples.subarray(at, at + phone.ptimeMs * 8);
        const payload = new Uint8Array(frame.length);
        (phone.payloadType === 8 ? encodePcma : encodePcmu)(frame, payload, 0);
        captured += frame.length;
        send(phone.payloadType, phone.timestamp, payload);
        phone.timestamp += frame.length;
        at += frame.length;
      }
    },
    /** Sends a payload made elsewhere that covers `samples` samples. */
    sendPayload(payload: Uint8Array, samples = payload.length): void {
      captured += samples;
      send(phone.payloadType, phone.timestamp, payload);
      phone.timestamp += samples;
    },
    /** Time passes and nothing is sent; the timestamps know it, unless they stand still. */
    pause(ms: number, timestampsStandStill = false): void {
      captured += ms * 8;
      if (!timestampsStandStill) phone.timestamp += ms * 8;
    },
    /** Sends one packet that doesn't sound, at the current timestamp, without any time passing. */
    sendOther(payloadType: number, payload: Uint8Array, timestamp = phone.timestamp): void {
      send(payloadType, timestamp, payload);
    },
    /** The time by the recording's clock at which the next sample is captured. */
    nowMs: (): number => beginMs + captured * sampleMs,
    /** All datagrams in the order of their arrival. */
    arrivals: (): Sent[] => [...sent].sort((a, b) => a.arrivalMs - b.arrivalMs),
  };
};

/** Numbers in [0, 1) that are the same in each run (mulberry32). */
export const randomNumbers = (seed: number) => (): number => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};
