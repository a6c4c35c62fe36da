import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { SipreelError } from '../errors/error.ts';
import type { Logger } from '../log.ts';
import { freePort } from './ports.ts';
import type { Part } from './process.ts';
import { deathWrapper } from './program.ts';
import { createEmbeddedRedis } from './redis.ts';
import { createEmbeddedRtpengine } from './rtpengine.ts';
import { createEmbeddedSip, type SocketAddress } from './sip.ts';

export interface EmbeddedOptions {
  /** Redis keeps its files in `redis` below it, so that what is owed outlives a restart. */
  readonly dataDir: string;
  /** Where calls are taken, UDP and TCP; port 0 is any free one. Everything else listens on 127.0.0.1. */
  readonly sip: SocketAddress;
  readonly log: Logger;
  /** Path of a real drachtio-server in place of the embedded edge. Default: DRACHTIO_BIN of the environment. */
  readonly drachtioBin?: string | undefined;
  /** How many calls rtpengine must have ports for at the same time. Default: 250. */
  readonly calls?: number;
  /** Told if a part ends by itself; it is not started again. */
  readonly onDied?: (error: SipreelError) => void;
}

/** The outside parts that sipreel has started for itself. */
export interface EmbeddedParts {
  readonly redisUrl: string;
  readonly rtpengine: SocketAddress;
  readonly drachtio: { readonly address: SocketAddress; readonly secret: string };
  readonly sip: SocketAddress;
  /** Process ids by name: redis, rtpengine, sip. */
  readonly pids: Readonly<Record<string, number>>;
  /** Idempotent; resolves when all of them are gone. */
  close(): Promise<void>;
}

/**
 * Starts redis-server, rtpengine and the SIP side on free ports, in parallel. If one fails, the others are ended and its
 * error is thrown: part_missing, part_failed or embedded_address_invalid. To be called on the main thread: the parts
 * die with the thread that started them.
 */
export const startEmbedded = async (options: EmbeddedOptions): Promise<EmbeddedParts> => {
  const { log } = options;
  const dataDir = resolve(options.dataDir);
  await mkdir(dataDir, { recursive: true, mode: 0o750 });
  const wrapper = await deathWrapper();
  if (wrapper.length === 0) log.warn('no usable setpriv: after a kill -9 the embedded parts would stay behind');
  const given = new Set<number>();
  const [redisPort, ngPort, controlPort] = await Promise.all([
    freePort('tcp', undefined, given),
    freePort('udp', undefined, given),
    freePort('tcp', undefined, given),
  ]);
  const shared = { wrapper, log, ...(options.onDied === undefined ? {} : { onDied: options.onDied }) };
  const drachtioBin = options.drachtioBin ?? process.env.DRACHTIO_BIN;

  const parts: Part[] = [];
  let failed = false;
  const started = async <T extends { readonly part: Part }>(creating: Promise<T>): Promise<T> => {
    const created = await creating;
    parts.push(created.part);
    if (failed) await created.part.close();
    await created.part.start();
    return created;
  };
  const close = async (): Promise<void> => {
    await Promise.all(parts.map((part) => part.close()));
  };

  const starting = [
    started(createEmbeddedRedis({ ...shared, dataDir, port: redisPort })),
    started(createEmbeddedRtpengine({ ...shared, port: ngPort, ...(options.calls ? { calls: options.calls } : {}) })),
    started(createEmbeddedSip({ ...shared, dataDir, sip: options.sip, controlPort, given, drachtioBin })),
  ] as const;
  try {
    const [redis, rtpengine, sip] = await Promise.all(starting);
    const pids = { redis: redis.part.pid() ?? 0, rtpengine: rtpengine.part.pid() ?? 0, sip: sip.part.pid() ?? 0 };
    log.info(
      {
        redis: redis.url,
        rtpengine: rtpengine.address,
        drachtio: sip.control.address,
        sip: sip.sip,
        sip_program: sip.part.name,
        pids,
      },
      'the embedded parts are up',
    );
    return { redisUrl: redis.url, rtpengine: rtpengine.address, drachtio: sip.control, sip: sip.sip, pids, close };
  } catch (error) {
    // The first failure is what counts; the others are awaited so that none starts a process after close().
    failed = true;
    await close();
    await Promise.allSettled(starting);
    throw error;
  }
};
