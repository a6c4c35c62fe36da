/** One RTP packet as a view of its datagram (RFC 3550 section 5.1); the payload shares the datagram's memory. */
export interface RtpPacket {
  readonly marker: boolean;
  /** 0..127. */
  readonly payloadType: number;
  /** 0..65535. */
  readonly sequence: number;
  /** 0..2^32-1, in ticks of the payload's clock. */
  readonly timestamp: number;
  readonly ssrc: number;
  /** Without CSRCs, header extension and padding; may be empty. */
  readonly payload: Uint8Array;
}

/** The fields a sender chooses; the rest of the header is fixed: version 2, no padding, no extension, no CSRC. */
export interface RtpHeader {
  readonly payloadType: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly ssrc: number;
  readonly marker: boolean;
}

/** Bytes of an RTP header without CSRCs and extension. */
export const rtpHeaderBytes = 12;

/**
 * True if the datagram is RTCP and not RTP: on a port that carries both, RFC 5761 section 4 keeps the second byte of
 * RTCP in 192..223, which is why RTP payload types 64..95 stay unused there.
 */
export const isRtcp = (buffer: Uint8Array): boolean => {
  const first = buffer[0];
  const second = buffer[1];
  if (first === undefined || second === undefined || buffer.length < 8) return false;
  return first >> 6 === 2 && second >= 192 && second <= 223;
};

/**
 * The RTP packet in a datagram, or undefined if it is none by the header checks of RFC 3550 appendix A.1: version,
 * length of CSRCs, extension and padding, and a second byte that is not RTCP's. Copies nothing.
 */
export const parseRtp = (buffer: Uint8Array): RtpPacket | undefined => {
  const length = buffer.length;
  if (length < rtpHeaderBytes) return undefined;
  const first = buffer[0] ?? 0;
  const second = buffer[1] ?? 0;
  if (first >> 6 !== 2 || (second >= 192 && second <= 223)) return undefined;

  let start = rtpHeaderBytes + (first & 0x0f) * 4;
  if ((first & 0x10) !== 0) {
    if (start + 4 > length) return undefined;
    start += 4 + 4 * uint16(buffer, start + 2);
  }
  let end = length;
  if ((first & 0x20) !== 0) {
    const padding = buffer[length - 1] ?? 0;
    if (padding === 0) return undefined;
    end -= padding;
  }
  if (start > end) return undefined;

  return {
    marker: (second & 0x80) !== 0,
    payloadType: second & 0x7f,
    sequence: uint16(buffer, 2),
    timestamp: uint32(buffer, 4),
    ssrc: uint32(buffer, 8),
    payload: buffer.subarray(start, end),
  };
};

/** Writes the 12 bytes of an RTP header to the start of `target`; numbers are taken modulo their field's size. */
export const writeRtpHeader = (target: Uint8Array, header: RtpHeader): void => {
  target[0] = 0x80;
  target[1] = (header.marker ? 0x80 : 0) | (header.payloadType & 0x7f);
  target[2] = (header.sequence >>> 8) & 0xff;
  target[3] = header.sequence & 0xff;
  writeUint32(target, 4, header.timestamp);
  writeUint32(target, 8, header.ssrc);
};

/** A new datagram of an RTP header and a copy of the payload: for whoever sends few packets or tests. */
export const buildRtp = (header: RtpHeader, payload: Uint8Array): Uint8Array => {
  const datagram = new Uint8Array(rtpHeaderBytes + payload.length);
  writeRtpHeader(datagram, header);
  datagram.set(payload, rtpHeaderBytes);
  return datagram;
};

/** Big-endian unsigned 16 bits; the caller has checked that they are there. */
export const uint16 = (buffer: Uint8Array, offset: number): number =>
  ((buffer[offset] ?? 0) << 8) | (buffer[offset + 1] ?? 0);

/** Big-endian unsigned 32 bits; the caller has checked that they are there. */
export const uint32 = (buffer: Uint8Array, offset: number): number =>
  (((buffer[offset] ?? 0) << 24) |
    ((buffer[offset + 1] ?? 0) << 16) |
    ((buffer[offset + 2] ?? 0) << 8) |
    (buffer[offset + 3] ?? 0)) >>>
  0;

const writeUint32 = (target: Uint8Array, offset: number, value: number): void => {
  target[offset] = (value >>> 24) & 0xff;
  target[offset + 1] = (value >>> 16) & 0xff;
  target[offset + 2] = (value >>> 8) & 0xff;
  target[offset + 3] = value & 0xff;
};
