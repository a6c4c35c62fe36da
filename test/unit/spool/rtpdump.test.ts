import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeRecords,
  longestDatagram,
  readRtpdumpHeader,
  recordHeaderBytes,
  rtpdumpHeader,
  rtpdumpHeaderBytes,
  writeRecordHeader,
} from '../../../src/recorder/spool/rtpdump.ts';

interface Packet {
  readonly offsetMs: number;
  readonly datagram: Uint8Array;
  readonly rtcp: boolean;
}

const packet = fc.record({
  offsetMs: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  datagram: fc.uint8Array({ minLength: 1, maxLength: 300 }),
  rtcp: fc.boolean(),
});

const encode = (packets: readonly Packet[]): Buffer =>
  Buffer.concat(
    packets.map(({ offsetMs, datagram, rtcp }) => {
      const record = Buffer.alloc(recordHeaderBytes + datagram.length);
      writeRecordHeader(record, 0, datagram.length, rtcp, offsetMs);
      record.set(datagram, recordHeaderBytes);
      return record;
    }),
  );

describe('rtpdump', () => {
  it('begins as rtptools begins', () => {
    const header = rtpdumpHeader({ startedAt: 1767225600123.5, address: '127.0.0.1', port: 40002 });
    const line = '#!rtpplay1.0 127.0.0.1/40002\n';
    expect(header.toString('latin1', 0, line.length)).toBe(line);
    expect(header.subarray(line.length).toString('hex')).toBe(
      // seconds, microseconds, 127.0.0.1, 40002, padding
      ['6955b900', '0001e26c', '7f000001', '9c42', '0000'].join(''),
    );
    expect(rtpdumpHeaderBytes(header)).toBe(header.length);
  });

  it.each(['127.0.0.1', '::1'])('tells when and where it was captured, at %s', (address) => {
    const header = rtpdumpHeader({ startedAt: 1767225600123.5, address, port: 40002 });
    expect(readRtpdumpHeader(header)).toEqual({ startedAt: 1767225600123.5, address, port: 40002 });
    expect(readRtpdumpHeader(header.subarray(0, 20))).toBeUndefined();
  });

  it('has no IPv4 address for an IPv6 socket, only the line of text', () => {
    const header = rtpdumpHeader({ startedAt: 0, address: '::1', port: 5 });
    expect(header.toString('latin1').startsWith('#!rtpplay1.0 ::1/5\n')).toBe(true);
    expect(header.subarray(-8).toString('hex')).toBe('0000000000050000');
  });

  it('writes length, packet length and offset before a packet, and packet length 0 for RTCP', () => {
    const record = Buffer.alloc(recordHeaderBytes);
    writeRecordHeader(record, 0, 172, false, 1234.6);
    expect(record.toString('hex')).toBe('00b400ac000004d3');
    writeRecordHeader(record, 0, 28, true, 49 * 86_400_000);
    expect(record.toString('hex')).toBe('00240000fc579c00');
  });

  it('holds datagrams up to its limit of 16 bits', () => {
    const longest = encode([{ offsetMs: 0, datagram: new Uint8Array(longestDatagram), rtcp: false }]);
    expect(decodeRecords(longest).packets[0]?.datagram).toHaveLength(longestDatagram);
  });

  it('gives back what was written', () => {
    fc.assert(
      fc.property(fc.array(packet), (packets) => {
        const { packets: decoded, consumed, damaged } = decodeRecords(encode(packets));
        expect(
          decoded.map(({ offsetMs, datagram, rtcp }) => ({ offsetMs, datagram: new Uint8Array(datagram), rtcp })),
        ).toEqual(packets);
        expect(consumed).toBe(encode(packets).length);
        expect(damaged).toBe(false);
      }),
    );
  });

  it('leaves a record that is cut anywhere for later, and loses none before it', () => {
    fc.assert(
      fc.property(fc.array(packet, { minLength: 1, maxLength: 5 }), fc.nat(), (packets, cut) => {
        const bytes = encode(packets);
        const part = bytes.subarray(0, cut % bytes.length);
        const first = decodeRecords(part);
        const second = decodeRecords(bytes.subarray(first.consumed));
        expect(first.packets.length + second.packets.length).toBe(packets.length);
      }),
    );
  });

  it('stops at zeroes, which a file system may leave at the end of a file', () => {
    const whole = encode([{ offsetMs: 7, datagram: Uint8Array.of(0x80, 0), rtcp: false }]);
    const { packets, consumed, damaged } = decodeRecords(Buffer.concat([whole, Buffer.alloc(64)]));
    expect(packets).toHaveLength(1);
    expect(consumed).toBe(whole.length);
    expect(damaged).toBe(true);
  });

  it.each([
    ['', 'short'],
    ['#!rtpplay', 'short'],
    ['#!rtpplay1.0 127.0.0.1/4000', 'short'],
    ['#!rtpplay1.0 127.0.0.1/4000\n123456789012345', 'short'],
    ['#!/bin/sh\n', 'foreign'],
    ['\0\0\0\0', 'foreign'],
    [`#!rtpplay1.0 ${'1'.repeat(200)}\n`, 'foreign'],
  ] as const)('sees that %j is %s', (text, answer) => {
    expect(rtpdumpHeaderBytes(Buffer.from(text, 'latin1'))).toBe(answer);
  });
});
