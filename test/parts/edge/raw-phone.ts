import { createSocket } from 'node:dgram';
import { connect, createServer, type Socket } from 'node:net';
import { eventually } from '../eventually.ts';

/** One end of SIP that says exactly what a test wants, byte for byte. */
export interface RawPhone {
  readonly port: number;
  /** All that came, in order. */
  readonly received: string[];
  send(text: string): void;
  /** Waits for a message that begins so, beyond those already taken. */
  next(begin: string, withinMs?: number): Promise<string>;
  close(): Promise<void>;
}

function createInbox(kind: string) {
  const received: string[] = [];
  let taken = 0;
  return {
    received,
    async next(begin: string, withinMs = 10_000): Promise<string> {
      const found = await eventually(
        `${begin} at the ${kind} phone`,
        () => {
          const index = received.findIndex((text, each) => each >= taken && text.startsWith(begin));
          return index < 0 ? undefined : { index };
        },
        withinMs,
      ).catch((cause: unknown) => {
        throw new Error(`no ${begin}; what came since: ${JSON.stringify(received.slice(taken), null, 1)}`, { cause });
      });
      taken = found.index + 1;
      return received[found.index] ?? '';
    },
  };
}

/** A phone over UDP that talks to a port of 127.0.0.1. */
export async function createUdpPhone(peerPort: number): Promise<RawPhone> {
  const socket = createSocket('udp4');
  const inbox = createInbox('UDP');
  let peer = peerPort;
  socket.on('message', (datagram, from) => {
    peer = from.port;
    inbox.received.push(datagram.toString('latin1'));
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return {
    ...inbox,
    port: socket.address().port,
    send: (text) => socket.send(Buffer.from(text, 'latin1'), peer, '127.0.0.1'),
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

/** A phone over TCP: it connects to a port of 127.0.0.1, or with 0 waits to be connected to. */
export async function createTcpPhone(peerPort: number): Promise<RawPhone> {
  const inbox = createInbox('TCP');
  const sockets = new Set<Socket>();
  let current: Socket | undefined;
  const adopt = (socket: Socket) => {
    let buffer = '';
    current = socket;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => inbox.received.push('CLOSED'));
    socket.on('data', (chunk) => {
      buffer += chunk.toString('latin1');
      for (;;) {
        if (/^(\r\n)+$/.test(buffer)) {
          inbox.received.push(buffer);
          buffer = '';
        }
        const end = buffer.indexOf('\r\n\r\n') + 4;
        const length = Number(/^content-length:\s*(\d+)/im.exec(buffer.slice(0, end))?.[1] ?? 0);
        if (end < 4 || buffer.length < end + length) return;
        inbox.received.push(buffer.slice(0, end + length));
        buffer = buffer.slice(end + length);
      }
    });
  };
  const server = createServer(adopt);
  let port: number;
  if (peerPort === 0) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    port = typeof address === 'object' && address ? address.port : 0;
  } else {
    const socket = connect(peerPort, '127.0.0.1');
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    port = socket.localPort ?? 0;
    adopt(socket);
  }
  return {
    ...inbox,
    port,
    send: (text) => void current?.write(text, 'latin1'),
    async close() {
      for (const socket of sockets) socket.destroy();
      if (server.listening) await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

let branches = 0;

/** What a raw request is made of beside its method. */
export interface RawRequest {
  readonly to: number;
  readonly from: number;
  readonly callId: string;
  readonly cseq?: number;
  readonly transport?: 'UDP' | 'TCP';
  /** The To value; its default has no tag. */
  readonly toValue?: string;
  readonly branch?: string;
  readonly headers?: readonly string[];
  readonly body?: string;
}

/** Writes a request from one port of 127.0.0.1 to another. */
export function rawRequest(method: string, parts: RawRequest): string {
  const { to, from, callId, cseq = 1, transport = 'UDP', headers = [], body = '' } = parts;
  const branch = parts.branch ?? `z9hG4bKraw${process.pid}x${++branches}`;
  return [
    `${method} sip:app@127.0.0.1:${to} SIP/2.0`,
    `Via: SIP/2.0/${transport} 127.0.0.1:${from};branch=${branch};rport`,
    'Max-Forwards: 70',
    `From: <sip:raw@127.0.0.1:${from}>;tag=raw`,
    `To: ${parts.toValue ?? `<sip:app@127.0.0.1:${to}>`}`,
    `Call-ID: ${callId}`,
    `CSeq: ${cseq} ${method}`,
    `Contact: <sip:raw@127.0.0.1:${from}${transport === 'TCP' ? ';transport=tcp' : ''}>`,
    ...headers,
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n');
}

/** Writes a response to a request that came; To gets a tag where it has none. */
export function rawResponse(request: string, status: string, headers: readonly string[] = [], body = ''): string {
  const copied = request
    .split('\r\n\r\n')[0]
    ?.split('\r\n')
    .filter((line) => /^(via|from|to|call-id|cseq|record-route):/i.test(line))
    .map((line) => (/^to:/i.test(line) && !line.includes('tag=') ? `${line};tag=raw` : line));
  return [`SIP/2.0 ${status}`, ...(copied ?? []), ...headers, `Content-Length: ${body.length}`, '', body].join('\r\n');
}

/** The value of a header. */
export function headerOf(message: string, name: string): string {
  return new RegExp(`^${name}:[ \\t]*(.*)$`, 'im').exec(message)?.[1]?.trim() ?? '';
}
