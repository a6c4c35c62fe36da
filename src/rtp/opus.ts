import { OpusDecoder as Libopus } from 'opus-decoder';
import { opusTicks } from './opus-packet.ts';

/** Samples a second that Opus can be decoded to. */
export type OpusRate = 8000 | 12_000 | 16_000 | 24_000 | 48_000;

/** Decodes the packets of one stream, in sequence order, to one channel: what a packet has of stereo is mixed. */
export interface OpusDecoder {
  /** A new array; empty if the packet is malformed. */
  decode(packet: Uint8Array): Int16Array;
  /** Gives its memory back. */
  close(): void;
}

/**
 * Opens libopus (WebAssembly) for one stream: the first one of a thread takes some 25 ms, each further one 2 ms and
 * 0.1 to 0.3 MB. Redundancy (FEC) in packets is not used: what is lost is concealed like that of any other codec.
 */
export const openOpusDecoder = async (sampleRate: OpusRate): Promise<OpusDecoder> => {
  const libopus = new Libopus({ channels: 1, sampleRate });
  await libopus.ready;
  return {
    decode(packet) {
      // libopus would say so too, but on standard error, for each packet that somebody sends.
      if (opusTicks(packet) === 0) return new Int16Array(0);
      const decoded = libopus.decodeFrame(packet).channelData[0] ?? new Float32Array(0);
      const samples = new Int16Array(decoded.length);
      for (let i = 0; i < decoded.length; i++) {
        samples[i] = Math.max(-32768, Math.min(32767, Math.round((decoded[i] as number) * 32768)));
      }
      return samples;
    },
    close: () => libopus.free(),
  };
};
