import { type LegCodec, legCodecNamed } from '../../rtp/leg-codecs.ts';
import type { PayloadFormat } from '../../rtp/payload.ts';
import type { AudioMedia } from '../../sdp/audio.ts';

const formats: Readonly<Record<LegCodec, Omit<PayloadFormat, 'codec'>>> = {
  PCMU: { clockRate: 8000, channels: 1 },
  PCMA: { clockRate: 8000, channels: 1 },
  G722: { clockRate: 8000, channels: 1 },
  opus: { clockRate: 48_000, channels: 2 },
  G729: { clockRate: 8000, channels: 1 },
};

/** The codec that a payload format is, undefined if it is none of a leg's. */
export const legCodecOf = (format: PayloadFormat | undefined): LegCodec | undefined => {
  const codec = format && legCodecNamed(format.codec);
  if (format === undefined || codec === undefined) return undefined;
  const { clockRate, channels } = formats[codec];
  return format.clockRate === clockRate && format.channels === channels ? codec : undefined;
};

/** The payload types of an audio stream that are one of these codecs, in its order. */
export const codecTypes = (media: AudioMedia, codecs: readonly LegCodec[]): readonly number[] =>
  media.payloadTypes.filter((payloadType) => {
    const codec = legCodecOf(media.payloads[payloadType]);
    return codec !== undefined && codecs.includes(codec);
  });

/** The codecs of an audio stream, in its order. */
export const codecsIn = (media: AudioMedia): readonly LegCodec[] =>
  media.payloadTypes.flatMap((payloadType) => legCodecOf(media.payloads[payloadType]) ?? []);

/** The payload types of keys (RFC 4733), of whatever clock. */
export const eventTypes = (media: AudioMedia): readonly number[] =>
  media.payloadTypes.filter((payloadType) => media.payloads[payloadType]?.codec === 'TELEPHONE-EVENT');

/** True if two legs have numbered a codec differently, which rtpengine can't see if one of them answers without being asked. */
export const numberedApart = (one: AudioMedia, other: AudioMedia): boolean =>
  one.payloadTypes.some((payloadType) => {
    const codec = legCodecOf(one.payloads[payloadType]);
    if (codec === undefined) return false;
    const others = codecTypes(other, [codec]);
    return others.length > 0 && !others.includes(payloadType);
  });

/** For messages: the names of all that an audio stream has. */
export const namesIn = (media: AudioMedia): string =>
  media.payloadTypes.map((payloadType) => media.payloads[payloadType]?.codec ?? payloadType).join(', ') || 'none';
