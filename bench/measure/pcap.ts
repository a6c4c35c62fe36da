import { parseRtp } from '../../src/rtp/packet.ts';

const globalHeaderBytes = 24;
const recordHeaderBytes = 16;
const udp = 17;
const udpHeaderBytes = 8;
/** LINKTYPE_RAW: records begin with the IP header. */
const rawIp = 101;

/**
 * The RTP sequence numbers in a pcap file of raw IPv4 packets, by UDP ports and SSRC; the file may be cut off. Throws if
 * it is another kind of file.
 */
export const pcapSequences = (file: Buffer): Map<string, number[]> => {
  if (file.length < globalHeaderBytes || file.readUInt32LE(0) !== 0xa1b2c3d4 || file.readUInt32LE(20) !== rawIp) {
    throw new Error('no pcap file of raw IP packets');
  }
  const streams = new Map<string, number[]>();
  for (let at = globalHeaderBytes; at + recordHeaderBytes <= file.length; ) {
    const from = at + recordHeaderBytes;
    const to = from + file.readUInt32LE(at + 8);
    if (to > file.length) break;
    collect(file.subarray(from, to), streams);
    at = to;
  }
  return streams;
};

const collect = (packet: Buffer, streams: Map<string, number[]>): void => {
  const ipHeaderBytes = ((packet[0] ?? 0) & 0x0f) * 4;
  if ((packet[0] ?? 0) >> 4 !== 4 || packet[9] !== udp || packet.length < ipHeaderBytes + udpHeaderBytes) return;
  const rtp = parseRtp(packet.subarray(ipHeaderBytes + udpHeaderBytes));
  if (rtp === undefined) return;
  const key = `${packet.readUInt16BE(ipHeaderBytes)} ${packet.readUInt16BE(ipHeaderBytes + 2)} ${rtp.ssrc}`;
  const stream = streams.get(key);
  if (stream === undefined) streams.set(key, [rtp.sequence]);
  else stream.push(rtp.sequence);
};
