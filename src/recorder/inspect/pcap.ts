/** A UDP packet as a pcap file has it. */
export interface CapturedUdp {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly from: UdpPlace;
  readonly to: UdpPlace;
  readonly payload: Uint8Array;
}

export interface UdpPlace {
  /** Four bytes of an IPv4 address. */
  readonly address: readonly [number, number, number, number];
  readonly port: number;
}

/** LINKTYPE_RAW: a packet begins with its IP header. */
const rawIp = 101;
const longestPacket = 65_535;
const ipHeaderBytes = 20;
const udpHeaderBytes = 8;
const udp = 17;

/** The header of a classic pcap file with microseconds. */
export const pcapHeader = (): Buffer => {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(longestPacket, 16);
  header.writeUInt32LE(rawIp, 20);
  return header;
};

/** One packet: its record, IPv4 and UDP headers (RFC 791, RFC 768, without UDP's checksum, as that allows) and the payload. */
export const pcapRecord = ({ at, from, to, payload }: CapturedUdp): Buffer => {
  const length = ipHeaderBytes + udpHeaderBytes + payload.length;
  const record = Buffer.alloc(16 + length);
  const seconds = Math.floor(at / 1000);
  record.writeUInt32LE(seconds >>> 0, 0);
  record.writeUInt32LE(Math.floor((at - seconds * 1000) * 1000), 4);
  record.writeUInt32LE(length, 8);
  record.writeUInt32LE(length, 12);

  const ip = record.subarray(16, 16 + ipHeaderBytes);
  ip[0] = 0x45;
  ip.writeUInt16BE(length, 2);
  ip[8] = 64;
  ip[9] = udp;
  ip.set(from.address, 12);
  ip.set(to.address, 16);
  let sum = 0;
  for (let i = 0; i < ipHeaderBytes; i += 2) sum += ip.readUInt16BE(i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  ip.writeUInt16BE(~sum & 0xffff, 10);

  const udpHeader = record.subarray(16 + ipHeaderBytes);
  udpHeader.writeUInt16BE(from.port, 0);
  udpHeader.writeUInt16BE(to.port, 2);
  udpHeader.writeUInt16BE(udpHeaderBytes + payload.length, 4);
  record.set(payload, 16 + ipHeaderBytes + udpHeaderBytes);
  return record;
};
