import { hostname } from 'node:os';
import { type Closers, createClosers } from '../closers.ts';
import { ffmpegOptionsOf, nodeIdOf, pieceMsOf, queueOf, spoolRootOf } from '../config/follows.ts';
import type { Config } from '../config/schema.ts';
import type { Logger } from '../log.ts';
import { createOutboundDispatcher } from '../net/address-guard.ts';
import type { MetricValues } from '../ops/metrics/meters.ts';
import { encodeQueueName } from '../recorder/encode/queue.ts';
import { createEncodeWorker } from '../recorder/encode/worker.ts';
import { createDeliverer } from '../recorder/notify/deliver.ts';
import { createNotifier } from '../recorder/notify/queue.ts';
import { closeRedis, connectRedis } from '../recorder/registry/connection.ts';
import { createRegistry } from '../recorder/registry/registry.ts';
import { createSoundFacts } from '../recorder/registry/sound-facts.ts';
import { compileNamePattern } from '../recorder/storage/names.ts';
import { version } from '../version.ts';
import { watchWorker } from './observers.ts';
import { wireHoming } from './retention.ts';
import { storesOf } from './stores.ts';
import { wireWorkerHttp } from './worker-http.ts';

/** The node that makes files and delivers events. */
export interface WorkerNode {
  metrics(): Promise<MetricValues>;
  /** Where http.worker_listen is bound, if it is set. */
  readonly http: { readonly host: string; readonly port: number } | undefined;
  close(): Promise<void>;
}

/** Wires and starts the worker role: encode jobs of this node's spools, and status events. What was started is closed if a later part fails. */
export const startWorkerNode = async (config: Config, log: Logger): Promise<WorkerNode> => {
  const closers = createClosers();
  try {
    return await wireWorkerNode(config, log, closers);
  } catch (error) {
    await closers.close();
    throw error;
  }
};

const wireWorkerNode = async (config: Config, log: Logger, closers: Closers): Promise<WorkerNode> => {
  const nodeId = nodeIdOf(config);
  const { prefix } = config.redis;
  const redis = (role: 'commands' | 'blocking' | 'subscriber') =>
    closers.add(connectRedis({ url: config.redis.url, role, log }), closeRedis);

  const commands = redis('commands');
  const watch = watchWorker(commands);
  const registry = closers.add(
    createRegistry({ redis: commands, subscriber: redis('subscriber'), prefix, nodeId, log }),
    (part) => part.close(),
  );
  const notifier = closers.add(
    createNotifier({
      connection: redis('blocking'),
      ...{ prefix, log, eventsUrl: config.events.url, traceOf: watch.traceOf },
    }),
    (part) => part.close(),
  );
  const dispatcher = closers.add(
    createOutboundDispatcher({
      allowPrivate: config.http_out.allow_private,
      allowHosts: config.http_out.allow_hosts,
    }),
    (part) => part.destroy(),
  );
  const deliverer = closers.add(
    createDeliverer({
      connection: redis('blocking'),
      prefix,
      dispatcher,
      log,
      ...watch.deliverer,
      signingKey: config.notify.signing_key,
      timeoutMs: config.notify.timeout,
      concurrency: config.notify.concurrency,
      perHost: config.notify.per_host,
    }),
    (part) => part.close(),
  );
  const { storage, homing } = storesOf(config, log, closers);
  const home = wireHoming(config, log, closers, { redis, registry, homing });
  const encoder = closers.add(
    createEncodeWorker({
      connection: redis('blocking'),
      queueName: encodeQueueName(queueOf(config)),
      prefix,
      concurrency: config.encode.concurrency,
      ...(pieceMsOf(config) > 0 ? { pieceMs: pieceMsOf(config) } : {}),
      spoolRoot: spoolRootOf(config),
      ...{ home, storage: watch.storage(storage) },
      ...watch.encoder,
      namePattern: compileNamePattern(config.storage.name),
      writtenBy: `sipreel ${version()}, node ${process.version}, ${hostname()}`,
      registry,
      notifier,
      ffmpeg: ffmpegOptionsOf(config),
      bitRates: { mp3: config.encode.mp3_bitrate, mp4Quality: config.encode.mp4_quality },
      stallMs: config.encode.timeout,
      keepSpool: config.data.keep_spool,
      sounds: createSoundFacts({ redis: redis('commands'), prefix }),
      log,
    }),
    (part) => part.close(),
  );
  deliverer.start();
  encoder.start();
  const http = await wireWorkerHttp(config, { redis: commands, values: watch.values }, log, closers);
  return { metrics: watch.values, http, close: closers.close };
};
