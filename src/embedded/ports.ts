import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { SipreelError } from '../errors/error.ts';

/** Which protocols a port has to be free for. */
export type PortKind = 'tcp' | 'udp' | 'both';

/**
 * Below Linux's range for outgoing connections (32768 and up) and below rtpengine's media ports, so that neither takes a
 * port between our look at it and the start of the program that it is for.
 */
const firstPort = 10_240;
const lastPort = 16_383;
const attempts = 500;

const tcpIsFree = (host: string, port: number): Promise<NodeJS.ErrnoException | undefined> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', resolve);
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve(undefined)));
  });

const udpIsFree = (host: string, port: number): Promise<NodeJS.ErrnoException | undefined> =>
  new Promise((resolve) => {
    const probe = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    probe.once('error', (error) => {
      probe.close();
      resolve(error);
    });
    probe.bind({ address: host, port, exclusive: true }, () => probe.close(() => resolve(undefined)));
  });

/** Why a port can't be had on `host`: undefined if it is free, else the error of bind (EADDRINUSE, EADDRNOTAVAIL...). */
export const portTaken = async (
  kind: PortKind,
  host: string,
  port: number,
): Promise<NodeJS.ErrnoException | undefined> =>
  (kind === 'udp' ? undefined : await tcpIsFree(host, port)) ??
  (kind === 'tcp' ? undefined : await udpIsFree(host, port));

/**
 * A port of `host` that is free now. Whoever needs several at once passes one set as `given`: a port in it is not given
 * again, and the new one is added. Throws part_failed if there is none, or if `host` is no address of this machine.
 */
export const freePort = async (kind: PortKind, host = '127.0.0.1', given = new Set<number>()): Promise<number> => {
  let last: NodeJS.ErrnoException | undefined;
  for (let attempt = 0; attempt < attempts; attempt++) {
    const port = firstPort + Math.floor(Math.random() * (lastPort - firstPort + 1));
    if (given.has(port)) continue;
    given.add(port);
    last = await portTaken(kind, host, port);
    if (last === undefined) return port;
    given.delete(port);
    if (last.code !== 'EADDRINUSE' && last.code !== 'EACCES') break;
  }
  throw new SipreelError(
    'part_failed',
    `there is no free ${kind} port on ${host}: ${last?.message ?? 'all are given'}`,
    {
      cause: last,
      details: { host, kind },
    },
  );
};
