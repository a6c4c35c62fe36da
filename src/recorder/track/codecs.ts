import { decodePcma, decodePcmu } from '../../rtp/g711.ts';
import { createG722Decoder } from '../../rtp/g722.ts';
import { opusClockRate, opusTicks } from '../../rtp/opus-packet.ts';
import type { PayloadFormat, PayloadMap } from '../spool/journal.ts';

/** Turns the payloads of one stream into samples, in sequence order; it may keep state from packet to packet. */
export interface Decoder {
  /** A new array that the caller may change. */
  decode(payload: Uint8Array): Int16Array;
}

/** A codec as one payload format uses it. */
export interface Codec {
  readonly name: string;
  /** Ticks a second of the RTP timestamp. */
  readonly clockRate: number;
  /** Samples a second that the decoder gives: not the clock rate for G722 and OPUS. */
  readonly sampleRate: number;
  /** Ticks of the RTP clock that a payload covers. */
  ticks(payload: Uint8Array): number;
  createDecoder(): Decoder;
}

/** Codec name in upper case -> the codec for a format, undefined if it cannot be decoded in that format. */
export type CodecTable = Readonly<Record<string, (format: PayloadFormat) => Codec | undefined>>;

const g711 =
  (name: string, decode: (payload: Uint8Array) => Int16Array) =>
  (format: PayloadFormat): Codec | undefined => {
    if (format.channels !== 1 || format.clockRate < 8000 || format.clockRate > 48000) return undefined;
    const decoder: Decoder = { decode };
    return {
      name,
      clockRate: format.clockRate,
      sampleRate: format.clockRate,
      ticks: (payload) => payload.length,
      createDecoder: () => decoder,
    };
  };

/** 64 kbit/s; its RTP clock is that of 8 kHz (RFC 3551 section 4.5.2), and a tick is a byte. */
const g722 = (format: PayloadFormat): Codec | undefined => {
  if (format.clockRate !== 8000 || format.channels !== 1) return undefined;
  return {
    name: 'G722',
    clockRate: 8000,
    sampleRate: 16_000,
    ticks: (payload) => payload.length,
    createDecoder: createG722Decoder,
  };
};

/** RFC 7587: always 48 kHz and two channels in SDP, whatever is sent. */
const opus =
  (createDecoder: () => Decoder) =>
  (format: PayloadFormat): Codec | undefined => {
    if (format.clockRate !== opusClockRate) return undefined;
    return { name: 'OPUS', clockRate: opusClockRate, sampleRate: opusClockRate, ticks: opusTicks, createDecoder };
  };

/** What can be decoded without anything being opened before. */
export const codecTable: CodecTable = {
  PCMU: g711('PCMU', decodePcmu),
  PCMA: g711('PCMA', decodePcma),
  G722: g722,
};

/** The same and OPUS, whose decoders come from there: they can't be opened in the middle of a track. */
export const withOpus = (createDecoder: () => Decoder): CodecTable => ({ ...codecTable, OPUS: opus(createDecoder) });

/** All codecs that can be decoded, for whoever asks what they are and decodes nothing. */
export const knownCodecs = withOpus(() => {
  throw new TypeError('this table decodes nothing');
});

/** Samples a second of the sound in a format, undefined if it is no sound that we decode. */
export const soundRate = (format: PayloadFormat): number | undefined => {
  const name = format.codec.toUpperCase();
  return Object.hasOwn(knownCodecs, name) ? knownCodecs[name]?.(format)?.sampleRate : undefined;
};

/** What the packets of a payload type are to the timeline. */
export type PayloadKind =
  | { readonly kind: 'sound'; readonly codec: Codec }
  | { readonly kind: 'event' | 'comfort-noise' | 'unknown' };

const unknown: PayloadKind = { kind: 'unknown' };

/** Types that mean the same without any SDP (RFC 3551 table 4, RFC 3389): a fork may change to them at any time. */
export const staticPayloads: PayloadMap = {
  0: { codec: 'PCMU', clockRate: 8000, channels: 1 },
  8: { codec: 'PCMA', clockRate: 8000, channels: 1 },
  9: { codec: 'G722', clockRate: 8000, channels: 1 },
  13: { codec: 'CN', clockRate: 8000, channels: 1 },
};

/** Answers what a payload type means now. */
export interface PayloadTypes {
  kindOf(payloadType: number): PayloadKind;
  /** A new SDP: its types replace those of the same number; others keep their meaning, as late packets may use it. */
  learn(payloads: PayloadMap): void;
}

/** The meanings of payload types: the static ones, and over them those of the SDPs learnt. */
export const createPayloadTypes = (table: CodecTable): PayloadTypes => {
  const kinds: PayloadKind[] = new Array<PayloadKind>(128).fill(unknown);
  const formats: PayloadFormat[] = [];

  const kindOfFormat = (format: PayloadFormat): PayloadKind => {
    const name = format.codec.toUpperCase();
    if (name === 'TELEPHONE-EVENT') return { kind: 'event' };
    if (name === 'CN') return { kind: 'comfort-noise' };
    const codec = Object.hasOwn(table, name) ? table[name]?.(format) : undefined;
    return codec === undefined ? unknown : { kind: 'sound', codec };
  };
  const learn = (payloads: PayloadMap): void => {
    for (const [type, format] of Object.entries(payloads)) {
      const index = Number(type);
      // The same format again, as in most re-INVITEs, keeps its codec, so that its decoder keeps its state.
      if (!(index >= 0 && index < kinds.length) || isSame(formats[index], format)) continue;
      formats[index] = format;
      kinds[index] = kindOfFormat(format);
    }
  };

  learn(staticPayloads);
  return { learn, kindOf: (payloadType) => kinds[payloadType] ?? unknown };
};

const isSame = (one: PayloadFormat | undefined, other: PayloadFormat): boolean =>
  one?.codec === other.codec && one.clockRate === other.clockRate && one.channels === other.channels;
