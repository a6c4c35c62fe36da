import { randomBytes } from 'node:crypto';
import { encodePcmu } from '../../src/rtp/g711.ts';
import { rtpHeaderBytes, writeRtpHeader } from '../../src/rtp/packet.ts';
import { writeAudio } from '../../src/sdp/write.ts';
import { openDeafSocket } from '../../src/switch/media/prompt/deaf-socket.ts';
import type { Pacer } from './pacer.ts';

/** One phone's sound: PCMU every 20 ms. It sends and does not read, so that the load generator stays light. */
export interface Stream {
  sdp(): string;
  /** Sends there from now on; called once. */
  start(address: string, port: number): void;
  stop(): void;
  sent(): number;
  /** From the first packet until stop(), s. */
  seconds(): number;
  /** Idempotent. */
  close(): Promise<void>;
}

const address = '127.0.0.1';
const packetSamples = 160;
/** A datagram that the kernel did not take at once is still in use when the next ones are made. */
const datagrams = 8;

/** One second of 440 Hz in packets; it joins with itself. */
const tone = Array.from({ length: 50 }, (_, packet) => {
  const samples = Int16Array.from({ length: packetSamples }, (_, sample) =>
    Math.round(8000 * Math.sin((2 * Math.PI * 440 * (packet * packetSamples + sample)) / 8000)),
  );
  const payload = new Uint8Array(packetSamples);
  encodePcmu(samples, payload, 0);
  return payload;
});

export const openStream = async (pacer: Pacer): Promise<Stream> => {
  const { socket } = await openDeafSocket(address);
  const { port } = socket.address();
  const ssrc = randomBytes(4).readUInt32BE();
  const ring = Array.from({ length: datagrams }, () => new Uint8Array(rtpHeaderBytes + packetSamples));
  let sent = 0;
  let startedAt: number | undefined;
  let stoppedAt: number | undefined;
  let leave: (() => void) | undefined;
  let closing: Promise<void> | undefined;

  const stop = (): void => {
    stoppedAt ??= performance.now();
    leave?.();
  };

  return {
    sdp: () =>
      writeAudio({
        address,
        port,
        payloadTypes: [0],
        payloads: { 0: { codec: 'PCMU', clockRate: 8000, channels: 1 } },
        direction: 'sendrecv',
        // The next port may be another phone's.
        rtcpPort: port,
      }),
    start(toAddress, toPort) {
      if (startedAt !== undefined || stoppedAt !== undefined) return;
      startedAt = performance.now();
      leave = pacer.add(() => {
        const datagram = ring[sent % datagrams] as Uint8Array;
        writeRtpHeader(datagram, {
          payloadType: 0,
          sequence: sent,
          timestamp: sent * packetSamples,
          ssrc,
          marker: sent === 0,
        });
        datagram.set(tone[sent % tone.length] as Uint8Array, rtpHeaderBytes);
        // A packet that can't be sent is missing in the recording, and that is counted.
        socket.send(datagram, toPort, toAddress, () => undefined);
        sent += 1;
      });
    },
    stop,
    sent: () => sent,
    seconds: () => (startedAt === undefined ? 0 : ((stoppedAt ?? performance.now()) - startedAt) / 1000),
    close() {
      stop();
      closing ??= new Promise((resolve) => socket.close(() => resolve()));
      return closing;
    },
  };
};
