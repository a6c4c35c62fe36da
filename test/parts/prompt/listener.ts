import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { decodePcma, decodePcmu } from '../../../src/rtp/g711.ts';
import { parseRtp, type RtpPacket } from '../../../src/rtp/packet.ts';

export interface HeardPacket extends RtpPacket {
  /** performance.now() of its arrival. */
  readonly at: number;
}

/** A UDP socket on loopback that keeps every RTP packet it gets. */
export const createListener = async () => {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4_000_000 });
  const packets: HeardPacket[] = [];
  socket.on('message', (datagram) => {
    const packet = parseRtp(datagram);
    if (packet === undefined) throw new Error(`no RTP: ${datagram.toString('hex')}`);
    packets.push({ ...packet, at: performance.now() });
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    port: socket.address().port,
    packets,
    /** What was heard, placed by the timestamps from the first of `some` on. */
    sound: (some: readonly RtpPacket[] = packets): Int16Array => {
      const first = some[0]?.timestamp ?? 0;
      const last = some.at(-1)?.timestamp ?? 0;
      const samples = new Int16Array(((last - first) >>> 0) + 160);
      for (const { timestamp, payload, payloadType } of some) {
        samples.set(payloadType === 8 ? decodePcma(payload) : decodePcmu(payload), (timestamp - first) >>> 0);
      }
      return samples;
    },
    send: (datagram: Uint8Array, port: number): void => socket.send(datagram, port, '127.0.0.1'),
    close: async (): Promise<void> => {
      socket.close();
      await once(socket, 'close');
    },
  };
};

export type Listener = Awaited<ReturnType<typeof createListener>>;

/** True for a frame of G.711 silence. */
export const isSilent = ({ payload }: RtpPacket): boolean => payload.every((byte) => byte === 0xff || byte === 0xd5);
