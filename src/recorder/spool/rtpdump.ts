import { isIPv4 } from 'node:net';

/**
 * The binary rtpdump format of rtptools, which rtpplay and Wireshark (4.2 and newer) open: a line
 * `#!rtpplay1.0 address/port`, a header of 16 bytes (start as seconds and microseconds, IPv4 source, port, padding), then
 * for each packet 8 bytes (length with these 8, length of the RTP packet or 0 for RTCP, milliseconds since the start) and
 * the packet. All numbers are big-endian.
 */
export interface SpoolPacket {
  /** Arrival in whole milliseconds on the recording's clock. */
  readonly offsetMs: number;
  /** The datagram as it came. */
  readonly datagram: Buffer;
  readonly rtcp: boolean;
}

/** Bytes before each packet. */
export const recordHeaderBytes = 8;

/** What a datagram may hold at most: the length field has 16 bits. */
export const longestDatagram = 0xffff - recordHeaderBytes;

const magic = '#!rtpplay1.0 ';
const binaryHeaderBytes = 16;
/** The magic, an IPv6 address, a port of five digits and the line feed leave room to spare. */
const longestTextLine = 128;

/** The start of a track: `startedAt` is the wall clock (ms since 1970) at offset 0, address and port are where we listen. */
export const rtpdumpHeader = (start: {
  readonly startedAt: number;
  readonly address: string;
  readonly port: number;
}): Buffer => {
  const line = Buffer.from(`${magic}${start.address}/${start.port}\n`, 'latin1');
  const header = Buffer.alloc(line.length + binaryHeaderBytes);
  line.copy(header);
  const seconds = Math.floor(start.startedAt / 1000);
  header.writeUInt32BE(seconds >>> 0, line.length);
  header.writeUInt32BE(Math.floor((start.startedAt - seconds * 1000) * 1000), line.length + 4);
  // The field has no room for IPv6; Wireshark takes such an address from the line of text.
  const bytes = isIPv4(start.address) ? start.address.split('.').map(Number) : [0, 0, 0, 0];
  header.set(bytes, line.length + 8);
  header.writeUInt16BE(start.port, line.length + 12);
  return header;
};

/** Writes the 8 bytes that go before a datagram of `length` bytes, at most `longestDatagram`. */
export const writeRecordHeader = (
  target: Uint8Array,
  at: number,
  length: number,
  rtcp: boolean,
  offsetMs: number,
): void => {
  const recordLength = length + recordHeaderBytes;
  const packetLength = rtcp ? 0 : length;
  const offset = Math.round(offsetMs);
  target[at] = recordLength >> 8;
  target[at + 1] = recordLength & 0xff;
  target[at + 2] = packetLength >> 8;
  target[at + 3] = packetLength & 0xff;
  target[at + 4] = (offset >>> 24) & 0xff;
  target[at + 5] = (offset >>> 16) & 0xff;
  target[at + 6] = (offset >>> 8) & 0xff;
  target[at + 7] = offset & 0xff;
};

/**
 * The length of a file's header: 'short' if the buffer ends before it does, 'foreign' if the file is no rtpdump at all.
 */
export const rtpdumpHeaderBytes = (buffer: Buffer): number | 'short' | 'foreign' => {
  const seen = buffer.toString('latin1', 0, Math.min(buffer.length, magic.length));
  if (!magic.startsWith(seen)) return 'foreign';
  const lineEnd = buffer.subarray(0, longestTextLine).indexOf('\n');
  if (lineEnd === -1) return buffer.length < longestTextLine ? 'short' : 'foreign';
  const length = lineEnd + 1 + binaryHeaderBytes;
  return buffer.length < length ? 'short' : length;
};

export interface DecodedRecords {
  /** Views of the buffer, in the order of the file. */
  readonly packets: SpoolPacket[];
  /** Where the first record that is not complete begins. */
  readonly consumed: number;
  /** What stands at `consumed` can be no record, however the file goes on. */
  readonly damaged: boolean;
}

/** What a record's header says, if there can be a record: either RTP of the whole length, or RTCP. */
const recordLengthAt = (buffer: Buffer, at: number): number | undefined => {
  const length = buffer.readUInt16BE(at);
  const packetLength = buffer.readUInt16BE(at + 2);
  // A file system may leave zeroes where data was to be written when the power went.
  if (length <= recordHeaderBytes) return undefined;
  return packetLength === 0 || packetLength === length - recordHeaderBytes ? length : undefined;
};

/** The complete records in a piece of a file that begins with a record. */
export const decodeRecords = (buffer: Buffer): DecodedRecords => {
  const packets: SpoolPacket[] = [];
  let at = 0;
  while (at + recordHeaderBytes <= buffer.length) {
    const length = recordLengthAt(buffer, at);
    if (length === undefined) return { packets, consumed: at, damaged: true };
    if (at + length > buffer.length) break;
    packets.push({
      offsetMs: buffer.readUInt32BE(at + 4),
      datagram: buffer.subarray(at + recordHeaderBytes, at + length),
      rtcp: buffer.readUInt16BE(at + 2) === 0,
    });
    at += length;
  }
  return { packets, consumed: at, damaged: false };
};

/** A search goes on to this many records in a row; fewer only at the end of what there is. */
const recordsInARow = 3;
/** A track has no longer time without packets. */
const longestGapMs = 24 * 3_600_000;
/** Longer records are searched for by nobody: capture takes no datagram of more than 2,000 bytes. */
export const longestSoughtRecord = 2048;

/**
 * Where the next record begins in a piece of a file in which something else stands first; undefined if nowhere. It has to look
 * like RTP or RTCP, like what follows it, and to come after `lastMs`, the arrival of the last packet that was read.
 */
export const findRecord = (buffer: Buffer, lastMs: number): number | undefined => {
  for (let at = 0; at + recordHeaderBytes < buffer.length; at++) {
    let next: number | undefined = at;
    let found = 0;
    for (; found < recordsInARow && next !== undefined && next + recordHeaderBytes < buffer.length; found++) {
      const end: number | undefined = plausibleEnd(buffer, next, lastMs);
      if (end === undefined || end > buffer.length) {
        // One that is cut off says nothing of those before it.
        next = end === undefined ? undefined : buffer.length;
        break;
      }
      next = end;
    }
    if (found > 0 && next !== undefined) return at;
  }
  return undefined;
};

const plausibleEnd = (buffer: Buffer, at: number, lastMs: number): number | undefined => {
  const length = recordLengthAt(buffer, at);
  if (length === undefined || length > longestSoughtRecord) return undefined;
  const offsetMs = buffer.readUInt32BE(at + 4);
  const version = (buffer[at + recordHeaderBytes] ?? 0) >> 6;
  return version === 2 && offsetMs >= lastMs && offsetMs <= lastMs + longestGapMs ? at + length : undefined;
};

/** What the header of a file says; undefined if it has none. */
export const readRtpdumpHeader = (
  buffer: Buffer,
): { readonly startedAt: number; readonly address: string; readonly port: number } | undefined => {
  const length = rtpdumpHeaderBytes(buffer);
  if (typeof length !== 'number') return undefined;
  const binary = length - binaryHeaderBytes;
  const startedAt = buffer.readUInt32BE(binary) * 1000 + buffer.readUInt32BE(binary + 4) / 1000;
  const place = buffer.toString('latin1', magic.length, binary - 1);
  const slash = place.lastIndexOf('/');
  return { startedAt, address: place.slice(0, slash), port: Number(place.slice(slash + 1)) };
};
