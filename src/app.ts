import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import type { Config } from './config/schema.ts';
import type { Logger } from './log.ts';
import { createOutboundDispatcher } from './net/address-guard.ts';
import { recordingPath } from './ops/http/recordings.ts';
import { createHttp } from './ops/http/server.ts';
import { createCapture } from './recorder/capture/capture.ts';
import { resolveFfmpeg } from './recorder/encode/ffmpeg-binary.ts';
import { createEncodeQueue, encodeQueueName } from './recorder/encode/queue.ts';
import { createEncodeSweeper } from './recorder/encode/sweeper.ts';
import { createEncodeWorker } from './recorder/encode/worker.ts';
import { createDeliverer } from './recorder/notify/deliver.ts';
import { createNotifier } from './recorder/notify/queue.ts';
import { createRecorder, type Recorder } from './recorder/recorder.ts';
import { closeRedis, connectRedis, whenReady } from './recorder/registry/connection.ts';
import { createRegistry, type Registry } from './recorder/registry/registry.ts';
import { sweepRemovedSpools } from './recorder/spool/spool.ts';
import { createBackedUpStorage } from './recorder/storage/backed-up.ts';
import { createLocalStorage } from './recorder/storage/local.ts';
import { compileNamePattern } from './recorder/storage/names.ts';
import { createS3Storage } from './recorder/storage/s3.ts';
import type { Storage } from './recorder/storage/storage.ts';
import { createRtpengine } from './rtpengine/rtpengine.ts';
import { createPromptClock } from './switch/media/prompt/clock.ts';
import { createPromptEndpoint } from './switch/media/prompt/endpoint.ts';
import { parseEntry } from './switch/media/prompt/entry.ts';
import { createPromptPlayer } from './switch/media/prompt/player.ts';
import { createPrompts } from './switch/media/prompt/prompts.ts';
import { createSip } from './switch/sip/server.ts';
import { createSwitch, type Switch } from './switch/switch.ts';
import { createScriptHttp } from './switch/swml/script-http.ts';
import { createScriptSource } from './switch/swml/script-source.ts';
import { version } from './version.ts';

/** How long the start waits for Redis and for a drachtio-server, ms. */
const startWithinMs = 15_000;

/** What closes what: parts are closed in the reverse order of their making. */
const createClosers = () => {
  const closers: (() => unknown)[] = [];
  let closing: Promise<void> | undefined;
  return {
    add: <T>(part: T, close: (part: T) => unknown): T => {
      closers.push(() => close(part));
      return part;
    },
    close: (): Promise<void> => {
      closing ??= (async () => {
        for (const close of closers.reverse()) await close();
      })();
      return closing;
    },
  };
};

const nodeIdOf = (config: Config): string => config.node.id || hostname();
const spoolRootOf = (config: Config): string => join(resolve(config.data.dir), 'spool');

/** The node that takes calls and records them. */
export interface SwitchNode {
  readonly switch: Switch;
  readonly recorder: Recorder;
  readonly registry: Registry;
  readonly nodeId: string;
  /** Where calls are taken, as the drachtio-servers say: `udp/127.0.0.1:5060`. */
  readonly hostports: readonly string[];
  readonly http: { readonly host: string; readonly port: number };
  close(): Promise<void>;
}

/** Wires and starts the switch role: SIP, media, scripts, recorder, HTTP. What was started is closed if a later part fails. */
export const startSwitchNode = async (config: Config, log: Logger): Promise<SwitchNode> => {
  const closers = createClosers();
  try {
    return await wireSwitchNode(config, log, closers);
  } catch (error) {
    await closers.close();
    throw error;
  }
};

const wireSwitchNode = async (
  config: Config,
  log: Logger,
  closers: ReturnType<typeof createClosers>,
): Promise<SwitchNode> => {
  const nodeId = nodeIdOf(config);
  const spoolRoot = spoolRootOf(config);
  compileNamePattern(config.storage.name); // What is wrong with it is told here, and not by a worker later.
  const { prefix } = config.redis;
  const redis = (role: 'commands' | 'blocking' | 'subscriber') =>
    closers.add(connectRedis({ url: config.redis.url, role, log }), closeRedis);

  const commands = redis('commands');
  await whenReady(commands, startWithinMs);
  const registry = closers.add(
    createRegistry({ redis: commands, subscriber: redis('subscriber'), prefix, nodeId, log }),
    (part) => part.close(),
  );
  registry.start();
  const notifier = closers.add(createNotifier({ connection: redis('blocking'), prefix, log }), (part) => part.close());
  const queue = closers.add(
    createEncodeQueue({ connection: commands, queueName: encodeQueueName(nodeId), prefix, log }),
    (part) => part.close(),
  );

  let started = false;
  // HTTP first: with port 0 only it knows the port that every record_call_url names.
  const http = closers.add(
    await createHttp({
      listen: config.http.listen,
      recordings: { registry, waitMs: config.http.wait },
      health: () => ({
        // What is asked for below is there once calls are taken.
        ...(started ? { calls: calls.calls().length, recordings: recorder.active().length } : {}),
        ok: started && commands.status === 'ready' && rtpengines.some((rtpengine) => rtpengine.healthy()),
        redis: commands.status === 'ready',
        rtpengine: rtpengines.map((rtpengine) => ({ ...rtpengine.address, ok: rtpengine.healthy() })),
      }),
      log,
    }),
    (part) => part.close(),
  );
  const rtpengines = config.rtpengine.servers.map((address) =>
    closers.add(createRtpengine({ address, timeoutMs: config.rtpengine.timeout, log }), (part) => part.close()),
  );
  await Promise.all(rtpengines.map((rtpengine) => rtpengine.start()));

  const capture = closers.add(
    createCapture({
      spoolRoot,
      log,
      threads: config.capture.threads,
      address: config.capture.address,
      flushMs: config.capture.flush,
    }),
    (part) => part.close(),
  );
  await capture.start();

  let publicUrl = config.http.public_url.replace(/\/$/, '');
  const recorder = createRecorder(
    { registry, notifier, capture, queue, log },
    {
      nodeId,
      spoolRoot,
      captureAddress: config.capture.address,
      inbandDigits: config.digits.inband,
      pieceMs: config.encode.piece,
      urlOf: (recording) => `${publicUrl}${recordingPath(recording)}`,
    },
  );
  await sweepRemovedSpools(spoolRoot);
  const sweeper = closers.add(createEncodeSweeper({ spoolRoot, nodeId, queue, isOwned: recorder.owns, log }), (part) =>
    part.close(),
  );

  const clock = closers.add(createPromptClock({ log }), (part) => part.close());
  clock.start();
  const { ffmpeg } = await resolveFfmpeg(ffmpegOptionsOf(config));
  const bound = await http.start();
  if (publicUrl === '') publicUrl = `http://${urlHost(bound.host)}:${bound.port}`;
  const dispatcher = closers.add(
    createOutboundDispatcher({
      allowPrivate: config.http_out.allow_private,
      // Scripts play record_call_url, which is this very server.
      allowHosts: [...config.http_out.allow_hosts, new URL(publicUrl).host],
    }),
    (part) => part.destroy(),
  );
  const prompts = createPrompts({
    ffmpeg,
    say: { command: config.prompts.say_command },
    http: { dispatcher, maxBytes: config.prompts.max_download },
  });
  const scriptHttp = createScriptHttp(dispatcher);
  const ringing = `ring:${config.prompts.ringing}`;
  parseEntry(ringing); // A country without a tone is told at the start, not in a call.
  const calls = createSwitch(
    {
      rtpengines,
      recorder,
      scripts: createScriptSource(scriptHttp, { signingKey: config.notify.signing_key }),
      scriptHttp,
      redisReady: () => commands.status === 'ready',
      createEndpoint: async (callLog) => {
        const endpoint = createPromptEndpoint({ address: config.media.address, clock, log: callLog });
        await endpoint.start();
        return endpoint;
      },
      createPlayer: (endpoint) => createPromptPlayer({ endpoint, prompts }),
      log,
    },
    {
      nodeId,
      routes: config.routes,
      trunks: config.trunks,
      maxMessageBytes: config.sip.max_message,
      playableWithinMs: config.http.wait,
      ringing,
    },
  );
  const sip = closers.add(
    createSip({ servers: config.sip.drachtio, onInvite: calls.invite, accepting: calls.accepting, log }),
    (part) => part.close(),
  );
  await sip.start(startWithinMs);
  sweeper.start();
  started = true;
  return { switch: calls, recorder, registry, nodeId, hostports: sip.hostports(), http: bound, close: closers.close };
};

/** The node that makes files and delivers events. */
export interface WorkerNode {
  close(): Promise<void>;
}

/** Wires and starts the worker role: encode jobs of this node's spools, and status events. */
export const startWorkerNode = async (config: Config, log: Logger): Promise<WorkerNode> => {
  const closers = createClosers();
  const nodeId = nodeIdOf(config);
  const { prefix } = config.redis;
  const redis = (role: 'commands' | 'blocking' | 'subscriber') =>
    closers.add(connectRedis({ url: config.redis.url, role, log }), closeRedis);

  const registry = closers.add(
    createRegistry({ redis: redis('commands'), subscriber: redis('subscriber'), prefix, nodeId, log }),
    (part) => part.close(),
  );
  const notifier = closers.add(createNotifier({ connection: redis('blocking'), prefix, log }), (part) => part.close());
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
      signingKey: config.notify.signing_key,
      timeoutMs: config.notify.timeout,
      concurrency: config.notify.concurrency,
    }),
    (part) => part.close(),
  );
  const encoder = closers.add(
    createEncodeWorker({
      connection: redis('blocking'),
      queueName: encodeQueueName(nodeId),
      prefix,
      concurrency: config.encode.concurrency,
      ...(config.encode.piece > 0 ? { pieceMs: config.encode.piece } : {}),
      spoolRoot: spoolRootOf(config),
      storage: createStores(config, log, closers.add),
      namePattern: compileNamePattern(config.storage.name),
      writtenBy: `sipreel ${version()}, node ${process.version}, ${hostname()}`,
      registry,
      notifier,
      ffmpeg: ffmpegOptionsOf(config),
      stallMs: config.encode.timeout,
      keepSpool: config.data.keep_spool,
      log,
    }),
    (part) => part.close(),
  );
  deliverer.start();
  encoder.start();
  return { close: closers.close };
};

/** The stores of the configuration as one: the first takes what it can, each next one what those before it can't. */
const createStores = (config: Config, log: Logger, add: ReturnType<typeof createClosers>['add']): Storage => {
  const data = resolve(config.data.dir);
  const made = config.storage.stores.map((store, index): Storage => {
    if ('disk' in store) return createLocalStorage({ root: store.disk === '' ? join(data, 'recordings') : store.disk });
    const { bucket, prefix, region, endpoint, path_style, access_key, secret_key, encryption, kms_key } = store.s3;
    return add(
      createS3Storage({
        bucket,
        prefix,
        region,
        ...(endpoint === '' ? {} : { endpoint }),
        ...(path_style === undefined ? {} : { pathStyle: path_style }),
        ...(access_key === '' ? {} : { credentials: { accessKeyId: access_key, secretAccessKey: secret_key } }),
        ...(encryption === ''
          ? {}
          : { encryption: { kind: encryption, ...(kms_key === '' ? {} : { keyId: kms_key }) } }),
        stagingRoot: join(data, 'staging', String(index)),
        timeoutMs: store.s3.timeout,
      }),
      (part) => part.close(),
    );
  });
  return made.reduceRight((second, first) => createBackedUpStorage(first, second, log));
};

const ffmpegOptionsOf = (config: Config) => (config.encode.ffmpeg === '' ? {} : { ffmpegBin: config.encode.ffmpeg });

const urlHost = (host: string): string => (host.includes(':') ? `[${host}]` : host);
