import { uint16 } from './packet.ts';

/** One RFC 4733 event packet: all packets of one key press share the RTP timestamp, its beginning. */
export interface TelephoneEvent {
  /** 0..9 the digits, 10 *, 11 #, 12..15 A..D (RFC 4733 section 3.2); others are no DTMF. */
  readonly event: number;
  /** The digit of events 0..15, else undefined. */
  readonly digit: string | undefined;
  /** The key is up; senders repeat this packet three times. */
  readonly end: boolean;
  /** Power in -dBm0, 0..63. */
  readonly volume: number;
  /** Ticks of the RTP clock since the packet's timestamp. */
  readonly duration: number;
}

const digits = '0123456789*#ABCD';

/** Bytes of one event in a payload. */
export const telephoneEventBytes = 4;

/** The first event in a telephone-event payload (RFC 4733 section 2.3), undefined if it is shorter than one. */
export const parseTelephoneEvent = (payload: Uint8Array): TelephoneEvent | undefined => {
  if (payload.length < telephoneEventBytes) return undefined;
  const event = payload[0] ?? 0;
  const flags = payload[1] ?? 0;
  return {
    event,
    digit: digits[event],
    end: (flags & 0x80) !== 0,
    volume: flags & 0x3f,
    duration: uint16(payload, 2),
  };
};

/** A telephone-event payload; `duration` in ticks, cut at 65535 as RFC 4733 section 2.5.1.3 has longer events split. */
export const buildTelephoneEvent = (event: Omit<TelephoneEvent, 'digit'>): Uint8Array => {
  const duration = Math.min(event.duration, 0xffff);
  return Uint8Array.of(
    event.event & 0xff,
    (event.end ? 0x80 : 0) | (event.volume & 0x3f),
    duration >> 8,
    duration & 0xff,
  );
};

/** The event number of a DTMF digit (0-9 * # A-D, lower case too), undefined if it is none. */
export const eventOfDigit = (digit: string): number | undefined => {
  const index = digit.length === 1 ? digits.indexOf(digit.toUpperCase()) : -1;
  return index === -1 ? undefined : index;
};
