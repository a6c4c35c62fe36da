import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Flow, Place, Transport, TransportEvents } from './flow.ts';

/** Cuts a stream into messages; see sip/framing.ts. */
interface Framer {
  push(
    chunk: Buffer,
  ): readonly (
    | { readonly kind: 'message'; readonly bytes: string }
    | { readonly kind: 'ping' }
    | { readonly kind: 'broken'; readonly reason: string; readonly head: string }
  )[];
  isWaiting(): boolean;
}

/** Where to listen, and the limits. */
export interface TcpOptions {
  /** An IP literal; nothing else is bound, and connections leave from it. */
  readonly address: string;
  readonly createFramer: () => Framer;
  /** Further connections are refused. Default: 1000. */
  readonly maxConnections?: number;
  /** How long a connection may take for its first or any begun message, in milliseconds. Default: 32000. */
  readonly stallMs?: number;
  /** How long a connection may take to be made, in milliseconds. Default: 5000. */
  readonly connectMs?: number;
}

/** A side that reads nothing for this many bytes is taken for dead. */
const MAX_UNSENT_BYTES = 1 << 20;
const PONG = '\r\n';

interface Connection {
  readonly socket: Socket;
  readonly flow: Flow;
}

/** SIP over TCP: listens, connects, and uses every connection both ways. */
export function createTcpTransport(options: TcpOptions, events: TransportEvents): Transport {
  const { address, stallMs = 32_000, connectMs = 5000 } = options;
  const connections = new Map<string, Connection>();
  let server: Server | null = null;
  let local: Place = { address, port: 0 };
  let closing = false;

  function adopt(socket: Socket, remote: Place): Flow {
    const key = keyOf(remote);
    const framer = options.createFramer();
    let failure: Error | null = null;
    let open = true;
    let stalled: NodeJS.Timeout | null = null;

    const flow: Flow = {
      protocol: 'tcp',
      remote,
      local,
      isOpen: () => open,
      send(bytes) {
        if (!open)
          return void queueMicrotask(() => events.onFailure(flow, failure ?? new Error('connection is closed')));
        socket.write(bytes, 'latin1');
        if (socket.writableLength > MAX_UNSENT_BYTES) socket.destroy(new Error('the other side does not read'));
      },
    };

    /** Ends a connection that has begun a message, or nothing at all, and does not go on. */
    function watch(): void {
      stalled ??= setTimeout(() => socket.destroy(new Error(`nothing whole for ${stallMs} ms`)), stallMs);
    }

    socket.setNoDelay(true);
    // Finds out about a side that is gone without a word; a call's connection may otherwise be silent for hours.
    socket.setKeepAlive(true, 30_000);
    socket.on('data', (chunk) => {
      for (const framed of framer.push(chunk)) {
        if (framed.kind === 'ping') {
          socket.write(PONG);
        } else if (framed.kind === 'message') {
          events.onMessage(framed.bytes, flow);
        } else {
          events.onBroken(framed.head, framed.reason, flow);
          socket.end();
          socket.destroySoon();
        }
        if (stalled !== null) clearTimeout(stalled);
        stalled = null;
      }
      if (framer.isWaiting()) watch();
    });
    socket.on('error', (error) => {
      failure = error;
    });
    socket.on('close', () => {
      open = false;
      if (stalled !== null) clearTimeout(stalled);
      if (connections.get(key)?.socket === socket) connections.delete(key);
      if (!closing) events.onFailure(flow, failure ?? new Error('connection closed by the other side'));
    });
    connections.set(key, { socket, flow });
    if (!socket.connecting) watch();
    return flow;
  }

  function flowTo(remote: Place): Flow {
    const existing = connections.get(keyOf(remote))?.flow;
    if (existing?.isOpen()) return existing;
    const socket = connect({ host: remote.address, port: remote.port, localAddress: address, timeout: connectMs });
    socket.once('timeout', () => socket.destroy(new Error(`no connection within ${connectMs} ms`)));
    socket.once('connect', () => socket.setTimeout(0));
    return adopt(socket, remote);
  }

  return {
    protocol: 'tcp',
    flowTo,
    start(port) {
      return new Promise((resolve, reject) => {
        const listening = createServer((socket) => {
          const { remoteAddress, remotePort } = socket;
          if (remoteAddress === undefined || remotePort === undefined) return void socket.destroy();
          adopt(socket, { address: remoteAddress, port: remotePort });
        });
        listening.maxConnections = options.maxConnections ?? 1000;
        listening.once('error', reject);
        listening.listen({ host: address, port, exclusive: true }, () => {
          listening.off('error', reject);
          // A connection that could not be accepted (out of descriptors) is lost, but the others go on.
          listening.on('error', () => {});
          const bound = listening.address();
          local = { address, port: typeof bound === 'object' && bound !== null ? bound.port : port };
          server = listening;
          resolve(local.port);
        });
      });
    },
    async close() {
      closing = true;
      for (const { socket } of connections.values()) socket.destroy();
      connections.clear();
      const open = server;
      server = null;
      if (open !== null) await new Promise<void>((resolve) => open.close(() => resolve()));
    },
  };
}

function keyOf({ address, port }: Place): string {
  return `${address} ${port}`;
}
