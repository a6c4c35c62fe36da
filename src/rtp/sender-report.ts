import { isRtcp, uint16, uint32 } from './packet.ts';

/** What an RTCP sender report says of the sender's clock (RFC 3550 section 6.4.1). */
export interface SenderReport {
  readonly ssrc: number;
  /** The sender's wall clock in milliseconds since 1900; only differences mean anything. */
  readonly ntpMs: number;
  /** The RTP timestamp of the same instant. */
  readonly timestamp: number;
  readonly packets: number;
  readonly bytes: number;
}

const senderReportType = 200;
const senderReportBytes = 28;

/** The first sender report in a compound RTCP datagram, or undefined if it has none or is cut short. */
export const parseSenderReport = (buffer: Uint8Array): SenderReport | undefined => {
  if (!isRtcp(buffer)) return undefined;
  let offset = 0;
  while (offset + 8 <= buffer.length) {
    if ((buffer[offset] ?? 0) >> 6 !== 2) return undefined;
    const bytes = 4 + 4 * uint16(buffer, offset + 2);
    if (offset + bytes > buffer.length) return undefined;
    if (buffer[offset + 1] === senderReportType && bytes >= senderReportBytes) {
      return {
        ssrc: uint32(buffer, offset + 4),
        ntpMs: uint32(buffer, offset + 8) * 1000 + (uint32(buffer, offset + 12) * 1000) / 2 ** 32,
        timestamp: uint32(buffer, offset + 16),
        packets: uint32(buffer, offset + 20),
        bytes: uint32(buffer, offset + 24),
      };
    }
    offset += bytes;
  }
  return undefined;
};

/** A datagram with one sender report and no report blocks: for tests and for our own senders. */
export const buildSenderReport = (report: SenderReport): Uint8Array => {
  const datagram = new Uint8Array(senderReportBytes);
  const view = new DataView(datagram.buffer);
  view.setUint8(0, 0x80);
  view.setUint8(1, senderReportType);
  view.setUint16(2, senderReportBytes / 4 - 1);
  view.setUint32(4, report.ssrc);
  view.setUint32(8, Math.floor(report.ntpMs / 1000));
  view.setUint32(12, Math.floor(((report.ntpMs % 1000) / 1000) * 2 ** 32));
  view.setUint32(16, report.timestamp);
  view.setUint32(20, report.packets);
  view.setUint32(24, report.bytes);
  return datagram;
};
