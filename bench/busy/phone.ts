/** A phone that listens: calls the prompt once and says how late its packets came. A process of its own. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { uint32 } from '../../src/rtp/packet.ts';
import { writeAudio } from '../../src/sdp/write.ts';
import { call } from '../../test/kit/sip-ua.ts';
import { type Arrival, latenessOf } from './lateness.ts';

const { target, to } = JSON.parse(process.argv[2] ?? '') as {
  readonly target: { readonly host: string; readonly port: number };
  readonly to: string;
};

const arrivals: Arrival[] = [];
const socket = createSocket({ type: 'udp4', recvBufferSize: 1_000_000 }, (packet) => {
  if (packet.length < 12) return;
  arrivals.push({ timestamp: uint32(packet, 4), at: performance.now() });
});
socket.bind(0, '127.0.0.1');
await once(socket, 'listening');
const { port } = socket.address();
/** rtpengine sends to whoever has sent to it. */
const hello = new Uint8Array(172);
hello.set([0x80, 0]);
const phone = {
  sdp: () =>
    writeAudio({
      address: '127.0.0.1',
      port,
      payloadTypes: [0],
      payloads: { 0: { codec: 'PCMU', clockRate: 8000, channels: 1 } },
      direction: 'sendrecv',
      rtcpPort: port,
    }),
  startSending: (address: string, toPort: number) => socket.send(hello, toPort, address),
  stop: () => undefined,
};
const ua = await call({ target, phone, to, from: 'listener' });
await ua.answered;
await ua.ended;
await ua.close();
socket.close();
process.stdout.write(`${JSON.stringify(latenessOf(arrivals))}\n`);
