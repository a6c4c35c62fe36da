import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { SipreelError } from '../../errors/error.ts';

/** The UDP socket of one recording, for both its tracks. */
export interface RecordingSocket {
  readonly port: number;
  /** Reads what the kernel already holds, for at most some 10 ms. */
  drain(): Promise<void>;
  /**
   * Reads what the kernel already holds, for at most some 10 ms, and closes. Nothing comes in after it resolves.
   */
  drainAndClose(): Promise<void>;
}

const drainMs = 10;

/**
 * Binds a socket to a free port. Its buffer is the system's default: some 270 packets of 20 ms, which is 2.7 s of both
 * directions.
 * @throws SipreelError capture_open_failed
 */
export const openRecordingSocket = async (
  address: string,
  listeners: {
    readonly onDatagram: (datagram: Buffer, source: RemoteInfo) => void;
    /** Receiving failed once; the socket goes on. */
    readonly onError: (error: Error) => void;
  },
): Promise<RecordingSocket> => {
  let received = 0;
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  socket.on('message', (datagram, source) => {
    received++;
    listeners.onDatagram(datagram, source);
  });
  try {
    socket.bind({ address, port: 0, exclusive: true });
    await once(socket, 'listening');
  } catch (error) {
    socket.close();
    throw new SipreelError('capture_open_failed', `no UDP port on ${address}: ${messageOf(error)}`, {
      cause: error,
      details: { address },
    });
  }
  socket.on('error', listeners.onError);

  const drain = async (): Promise<void> => {
    const deadline = performance.now() + drainMs;
    let before: number;
    do {
      before = received;
      // The first callback may come before the event loop looks at its sockets again, the second cannot.
      await setImmediate();
      await setImmediate();
    } while (received !== before && performance.now() < deadline);
  };

  let closing: Promise<void> | undefined;
  return {
    port: socket.address().port,
    drain,
    drainAndClose() {
      closing ??= drain().then(() => closed(socket));
      return closing;
    },
  };
};

const closed = (socket: Socket): Promise<void> => new Promise((resolve) => socket.close(() => resolve()));

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
