import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { SipreelError } from '../errors/error.ts';

/** RTP ports that are this process's alone as long as it lives or until release(). */
export interface MediaPorts {
  readonly min: number;
  readonly max: number;
  /** Idempotent. */
  release(): void;
}

/**
 * From 16384, where media ports begin by custom, to below 30000, where an installed rtpengine has its own; both are below
 * Linux's range for outgoing connections.
 */
const firstPort = 16_384;
const lastPort = 29_695;
const blockPorts = 1024;
const blocks = (lastPort + 1 - firstPort) / blockPorts;
/** Party and peer, each forked once, and RTP with RTCP for each of them. */
const portsPerCall = 8;

/**
 * Takes a range of ports big enough for `calls`. rtpengine binds with SO_REUSEADDR: two of them over the same range would
 * both get the same port and one of them no packets. So the range is cut into blocks, and whoever holds the first port
 * of a block (without SO_REUSEADDR, which keeps all others away) has it; the kernel gives it back when we die.
 */
export const takeMediaPorts = async (calls: number): Promise<MediaPorts> => {
  const wanted = Math.ceil((calls * portsPerCall + 2) / blockPorts);
  let locks: Socket[] = [];
  for (let block = 0; block < blocks && locks.length < wanted; block++) {
    const lock = await takePort(firstPort + block * blockPorts);
    if (lock !== undefined) locks.push(lock);
    else locks = releaseAll(locks);
  }
  const first = locks[0];
  if (first === undefined || locks.length < wanted) {
    releaseAll(locks);
    throw new SipreelError(
      'part_failed',
      `no ${wanted} free blocks of ${blockPorts} media ports side by side in ${firstPort}-${lastPort} for ${calls} calls`,
      { details: { part: 'rtpengine', calls } },
    );
  }
  const start = first.address().port;
  return {
    min: start + 2,
    max: start + wanted * blockPorts - 1,
    release() {
      locks = releaseAll(locks);
    },
  };
};

const takePort = async (port: number): Promise<Socket | undefined> => {
  const socket = createSocket('udp4');
  try {
    socket.bind({ address: '127.0.0.1', port, exclusive: true });
    await once(socket, 'listening');
    return socket.unref();
  } catch {
    // Somebody has it: the next block is tried.
    socket.close();
    return undefined;
  }
};

const releaseAll = (locks: readonly Socket[]): Socket[] => {
  for (const lock of locks) lock.close();
  return [];
};
