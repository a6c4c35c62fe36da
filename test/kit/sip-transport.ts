import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { parseSip, type SipMessage, splitStream } from './sip-message.ts';

export interface SipAddress {
  readonly host: string;
  readonly port: number;
}

/** How a SIP test tool sends and receives. */
export interface SipTransport {
  readonly kind: 'udp' | 'tcp';
  readonly local: SipAddress;
  /** Every message with its time and direction, for the print of a failing test. */
  readonly messages: string[];
  send(text: string, to: SipAddress): void;
  close(): Promise<void>;
}

export type OnSip = (message: SipMessage, from: SipAddress) => void;

const localHost = '127.0.0.1';

const trace = (messages: string[], startMs: number, arrow: string, peer: SipAddress, text: string): void => {
  const at = ((performance.now() - startMs) / 1000).toFixed(3);
  messages.push(`--- ${at} s ${arrow} ${peer.host}:${peer.port}\n${text}`);
};

/** On a UDP port of 127.0.0.1, or of another address of the loopback network: for servers that look at the source. */
export const openUdp = async (onMessage: OnSip, host = localHost): Promise<SipTransport> => {
  const messages: string[] = [];
  const startMs = performance.now();
  const socket = createSocket('udp4');
  socket.on('message', (data, from) => {
    const text = data.toString();
    const peer = { host: from.address, port: from.port };
    trace(messages, startMs, '<-', peer, text);
    if (text.trim() !== '') onMessage(parseSip(text), peer);
  });
  // Nobody listens there: the missing answer is what the test sees.
  socket.on('error', () => undefined);
  socket.bind(0, host);
  await once(socket, 'listening');
  let closed: Promise<void> | undefined;
  return {
    kind: 'udp',
    local: { host, port: socket.address().port },
    messages,
    send(text, to) {
      if (closed !== undefined) return;
      trace(messages, startMs, '->', to, text);
      socket.send(text, to.port, to.host, () => undefined);
    },
    close() {
      closed ??= new Promise((resolve) => socket.close(() => resolve()));
      return closed;
    },
  };
};

/** On TCP connections: one to `target` if it is given, which then gives the local port, else a listening port. */
export const openTcp = async (onMessage: OnSip, target?: SipAddress): Promise<SipTransport> => {
  const messages: string[] = [];
  const startMs = performance.now();
  const sockets = new Map<string, Socket>();
  let server: Server | undefined;

  const adopt = (socket: Socket): void => {
    const peer = { host: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
    const key = `${peer.host}:${peer.port}`;
    sockets.set(key, socket);
    let rest: Buffer = Buffer.alloc(0);
    socket.on('data', (data) => {
      const split = splitStream(Buffer.concat([rest, data]));
      rest = split.rest;
      for (const text of split.messages) {
        trace(messages, startMs, '<-', peer, text);
        onMessage(parseSip(text), peer);
      }
    });
    socket.on('error', (error) => trace(messages, startMs, '!!', peer, error.message));
    socket.on('close', () => sockets.delete(key));
  };

  let local: SipAddress;
  if (target === undefined) {
    server = createServer(adopt).listen(0, localHost);
    await once(server, 'listening');
    const address = server.address();
    local = { host: localHost, port: typeof address === 'object' && address !== null ? address.port : 0 };
  } else {
    const socket = connect({ host: target.host, port: target.port, localAddress: localHost });
    await once(socket, 'connect');
    adopt(socket);
    local = { host: localHost, port: socket.localPort ?? 0 };
  }

  return {
    kind: 'tcp',
    local,
    messages,
    send(text, to) {
      trace(messages, startMs, '->', to, text);
      const socket = sockets.get(`${to.host}:${to.port}`);
      if (socket === undefined) trace(messages, startMs, '!!', to, 'there is no connection to it');
      else socket.write(text);
    },
    async close() {
      server?.close();
      await Promise.all(
        [...sockets.values()].map((socket) => {
          const gone = new Promise((resolve) => socket.once('close', resolve));
          socket.destroy();
          return gone;
        }),
      );
    },
  };
};
