import { encodePcma, encodePcmu, pcmaSilence, pcmuSilence } from '../../../rtp/g711.ts';
import { rtpHeaderBytes, writeRtpHeader } from '../../../rtp/packet.ts';
import { buildTelephoneEvent, eventOfDigit, telephoneEventBytes } from '../../../rtp/telephone-event.ts';
import { amplify } from './gain.ts';
import type { KeyFrame } from './key-sender.ts';
import { longestBurst } from './pace.ts';
import { frameSamples } from './pcm-source.ts';

/** What prompts are sent as: G.711 (RFC 3551 §4.5.14); rtpengine transcodes for parties that take neither. */
export type PromptCodec = 'PCMU' | 'PCMA';

/** The static payload type of a codec (RFC 3551 §6). */
export const payloadTypeOf = (codec: PromptCodec): number => (codec === 'PCMU' ? 0 : 8);

/** The random numbers that RFC 3550 §5.1 wants. */
export interface StreamStart {
  readonly ssrc: number;
  readonly firstSequence: number;
  readonly timestampOffset: number;
}

/** Makes the RTP packets of one stream. A packet is valid until 15 more have been made. */
export interface Packetizer {
  /** Codec and payload type of what follows. */
  use(codec: PromptCodec, payloadType: number): void;
  sound(frame: number, samples: Int16Array, factor: number): Uint8Array;
  silence(frame: number): Uint8Array;
  /** An RFC 4733 event in place of sound; all of one key bear the timestamp of its first frame. */
  event(frame: number, key: KeyFrame & { readonly kind: 'event' }, payloadType: number): Uint8Array;
}

/** Power of the tone that an event stands for, -dBm0. */
const eventVolume = 10;

/** Packets that exist at once: a burst of the clock, and some that the kernel has not taken yet. */
const slots = longestBurst + 6;

/**
 * Timestamps follow the clock's frame numbers, so the sound keeps its place in time when frames were skipped or nothing was
 * sent. Silence is sent as packets, so by RFC 3551 §4.1 only the first packet after such a gap bears the marker.
 */
export const createPacketizer = (begin: StreamStart): Packetizer => {
  const ring = Array.from({ length: slots }, () => new Uint8Array(rtpHeaderBytes + frameSamples));
  const amplified = new Int16Array(frameSamples);
  const header = { payloadType: 0, sequence: begin.firstSequence, timestamp: 0, ssrc: begin.ssrc, marker: false };
  let codec: PromptCodec = 'PCMU';
  let slot = 0;
  let lastFrame = Number.NaN;

  const nextPacket = (frame: number): Uint8Array => {
    slot = (slot + 1) % slots;
    const packet = ring[slot] ?? new Uint8Array(rtpHeaderBytes + frameSamples);
    header.timestamp = (begin.timestampOffset + frame * frameSamples) % 2 ** 32;
    header.marker = frame !== lastFrame + 1;
    writeRtpHeader(packet, header);
    header.sequence = (header.sequence + 1) & 0xffff;
    lastFrame = frame;
    return packet;
  };

  return {
    use: (nextCodec, payloadType) => {
      codec = nextCodec;
      header.payloadType = payloadType;
    },

    sound: (frame, samples, factor) => {
      const packet = nextPacket(frame);
      let loud = samples;
      if (factor !== 1) {
        amplify(samples, factor, amplified);
        loud = amplified;
      }
      if (codec === 'PCMU') encodePcmu(loud, packet, rtpHeaderBytes);
      else encodePcma(loud, packet, rtpHeaderBytes);
      return packet;
    },

    event: (frame, { digit, start, frames, end }, payloadType) => {
      const packet = nextPacket(frame);
      const timestamp = (begin.timestampOffset + start * frameSamples) % 2 ** 32;
      writeRtpHeader(packet, {
        ...header,
        sequence: header.sequence - 1,
        payloadType,
        timestamp,
        marker: frame === start,
      });
      const event = eventOfDigit(digit) ?? 0;
      packet.set(
        buildTelephoneEvent({ event, end, volume: eventVolume, duration: frames * frameSamples }),
        rtpHeaderBytes,
      );
      return packet.subarray(0, rtpHeaderBytes + telephoneEventBytes);
    },

    silence: (frame) => nextPacket(frame).fill(codec === 'PCMU' ? pcmuSilence : pcmaSilence, rtpHeaderBytes),
  };
};
