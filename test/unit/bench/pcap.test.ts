import { expect, test } from 'vitest';
import { pcapSequences } from '../../../bench/measure/pcap.ts';
import { buildRtp } from '../../../src/rtp/packet.ts';

const globalHeader = (linkType = 101): Buffer => {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt32LE(65_535, 16);
  header.writeUInt32LE(linkType, 20);
  return header;
};

const ipPacket = (payload: Uint8Array, fromPort: number, protocol = 17): Buffer => {
  const head = Buffer.alloc(28);
  head[0] = 0x45;
  head[9] = protocol;
  head.writeUInt16BE(fromPort, 20);
  head.writeUInt16BE(4000, 22);
  return Buffer.concat([head, payload]);
};

const record = (packet: Buffer): Buffer => {
  const header = Buffer.alloc(16);
  header.writeUInt32LE(packet.length, 8);
  header.writeUInt32LE(packet.length, 12);
  return Buffer.concat([header, packet]);
};

const rtp = (sequence: number, ssrc: number): Uint8Array =>
  buildRtp({ payloadType: 0, sequence, timestamp: 0, ssrc, marker: false }, new Uint8Array(160));

test('the sequence numbers of each stream are found, and nothing else', () => {
  const file = Buffer.concat([
    globalHeader(),
    record(ipPacket(rtp(1, 7), 3000)),
    record(ipPacket(rtp(9, 8), 3002)),
    record(ipPacket(rtp(2, 7), 3000)),
    record(ipPacket(rtp(3, 7), 3000, 6)),
    record(ipPacket(Buffer.from('no RTP'), 3000)),
  ]);
  expect([...pcapSequences(file)]).toEqual([
    ['3000 4000 7', [1, 2]],
    ['3002 4000 8', [9]],
  ]);
});

test('a file that is cut off gives what is whole', () => {
  const file = Buffer.concat([globalHeader(), record(ipPacket(rtp(1, 7), 3000)), record(ipPacket(rtp(2, 7), 3000))]);
  expect([...pcapSequences(file.subarray(0, -5)).values()]).toEqual([[1]]);
});

test.each([
  ['empty', Buffer.alloc(0)],
  ['of Ethernet frames', globalHeader(1)],
  ['of something else', Buffer.alloc(100)],
])('a file that is %s is refused', (_name, file) => {
  expect(() => pcapSequences(file)).toThrow(/no pcap file of raw IP packets/);
});
