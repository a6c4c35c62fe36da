import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';

/** The kernel's smallest receive buffer: what is not read shall not take room either. */
const smallestBuffer = 1;
/** Room for a second of packets while they are read, bytes as the kernel counts them. */
const hearingBuffer = 65_536;

/** A socket that reads only while it is told to. */
export interface DeafSocket {
  readonly socket: Socket;
  /** Packets are read from now on, and come as 'message' events; the first of them may be old. */
  hear(): void;
  deafen(): void;
}

/**
 * A UDP socket that sends but does not read, bound to a free port of `address`. Rejects with the system's error.
 *
 * What comes in stays in the kernel, which drops it when the buffer of some 2 KB is full: reading 50 packets a second only
 * to throw them away costs 0.27 ms of CPU for each second of a call, more than sending 50 (0.2 ms). dgram has no public
 * way not to read, so its handle is asked; should a version of Node hide it, packets are read all the time instead.
 */
export const openDeafSocket = async (address: string): Promise<DeafSocket> => {
  const family = isIPv6(address) ? 6 : 4;
  const socket = createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    recvBufferSize: smallestBuffer,
    // Destinations are IP addresses; dgram's own look-up of each packet's would wait for the next turn of the event loop.
    lookup: (host, _options, found) => found(null, host, family),
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(0, address, () => {
      socket.off('error', reject);
      resolve();
    });
  }).catch((error: unknown) => {
    socket.close();
    throw error;
  });
  // Errors of sending go to the callbacks of send; what else comes is about packets that are lost anyway.
  socket.on('error', () => undefined);
  const handle = handleOf(socket);
  handle?.recvStop();
  return {
    socket,
    hear() {
      socket.setRecvBufferSize(hearingBuffer);
      handle?.recvStart();
    },
    deafen() {
      handle?.recvStop();
      socket.setRecvBufferSize(smallestBuffer);
    },
  };
};

interface ReadingHandle {
  recvStart(): unknown;
  recvStop(): unknown;
}

const handleOf = (socket: Socket): ReadingHandle | undefined => {
  for (const key of Object.getOwnPropertySymbols(socket)) {
    const state: unknown = Reflect.get(socket, key);
    if (hasHandle(state)) return state.handle;
  }
  return undefined;
};

const hasHandle = (state: unknown): state is { handle: ReadingHandle } =>
  typeof state === 'object' &&
  state !== null &&
  'handle' in state &&
  typeof state.handle === 'object' &&
  state.handle !== null &&
  'recvStart' in state.handle &&
  'recvStop' in state.handle &&
  typeof state.handle.recvStop === 'function';
