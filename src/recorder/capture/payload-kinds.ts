import { opusClockRate } from '../../rtp/opus-packet.ts';
import type { PayloadFormat, PayloadMap } from '../../rtp/payload.ts';

/** What live analysis makes of a payload type; one that nothing is known of may well be sound. */
export const payloadKind = {
  otherAudio: 0,
  pcmu: 1,
  pcma: 2,
  comfortNoise: 3,
  telephoneEvent: 4,
  g722: 5,
  opus: 6,
} as const;

/** The kind of each of the 128 payload types: a look-up for each packet. */
export const payloadKinds = (payloads: PayloadMap): Uint8Array => {
  const kinds = new Uint8Array(128);
  // A fork's payload type may change without a new SDP; these mean the same in every one (RFC 3551 section 6).
  kinds[0] = payloadKind.pcmu;
  kinds[8] = payloadKind.pcma;
  kinds[9] = payloadKind.g722;
  kinds[13] = payloadKind.comfortNoise;
  for (const [payloadType, format] of Object.entries(payloads)) kinds[Number(payloadType)] = kindOf(format);
  return kinds;
};

/** Ticks a second of each of the 128 payload types; 8000 where nothing else is known. */
export const clockRates = (payloads: PayloadMap): Uint32Array => {
  const rates = new Uint32Array(128).fill(8000);
  for (const [payloadType, { clockRate }] of Object.entries(payloads)) {
    if (clockRate > 0) rates[Number(payloadType)] = clockRate;
  }
  return rates;
};

const kindOf = ({ codec, clockRate, channels }: PayloadFormat): number => {
  switch (codec) {
    case 'PCMU':
      return clockRate === 8000 && channels === 1 ? payloadKind.pcmu : payloadKind.otherAudio;
    case 'PCMA':
      return clockRate === 8000 && channels === 1 ? payloadKind.pcma : payloadKind.otherAudio;
    case 'G722':
      return clockRate === 8000 && channels === 1 ? payloadKind.g722 : payloadKind.otherAudio;
    case 'OPUS':
      return clockRate === opusClockRate ? payloadKind.opus : payloadKind.otherAudio;
    case 'CN':
      return payloadKind.comfortNoise;
    case 'TELEPHONE-EVENT':
      return payloadKind.telephoneEvent;
    default:
      return payloadKind.otherAudio;
  }
};
