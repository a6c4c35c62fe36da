import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Flow, Place, Transport, TransportEvents } from './flow.ts';

/** Where to listen. */
export interface UdpOptions {
  /** An IP literal; nothing else is bound. */
  readonly address: string;
}

/** SIP over UDP on one socket. Datagrams that hold nothing but blanks or zeros are keep-alives and dropped. */
export function createUdpTransport({ address }: UdpOptions, events: TransportEvents): Transport {
  let socket: Socket | null = null;
  let local: Place = { address, port: 0 };

  function flowTo(remote: Place): Flow {
    const flow: Flow = {
      protocol: 'udp',
      remote,
      local,
      isOpen: () => socket !== null,
      send(bytes) {
        const fail = (error: Error | null): void => {
          if (error !== null) events.onFailure(flow, error);
        };
        if (socket === null) return void queueMicrotask(() => fail(new Error('the socket is closed')));
        socket.send(Buffer.from(bytes, 'latin1'), remote.port, remote.address, fail);
      },
    };
    return flow;
  }

  return {
    protocol: 'udp',
    flowTo,
    start(port) {
      return new Promise((resolve, reject) => {
        const bound = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4', recvBufferSize: 1 << 20 });
        bound.once('error', reject);
        bound.bind({ address, port, exclusive: true }, () => {
          bound.off('error', reject);
          // Errors of single datagrams are told to their sender; the socket itself goes on.
          bound.on('error', () => {});
          local = { address, port: bound.address().port };
          socket = bound;
          resolve(local.port);
        });
        bound.on('message', (datagram, { address: from, port: fromPort }) => {
          if (datagram.every((byte) => byte === 0 || byte === 10 || byte === 13 || byte === 32)) return;
          // Nobody can be answered at port 0.
          if (fromPort > 0) events.onMessage(datagram.toString('latin1'), flowTo({ address: from, port: fromPort }));
        });
      });
    },
    close() {
      const open = socket;
      socket = null;
      return new Promise((resolve) => (open === null ? resolve() : open.close(() => resolve())));
    },
  };
}
