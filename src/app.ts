import { resolve } from 'node:path';
import { type Closers, createClosers } from './closers.ts';
import { ffmpegOptionsOf, lifeOf, nodeIdOf, ownUrlOf, pieceMsOf, queueOf, spoolRootOf } from './config/follows.ts';
import type { Config } from './config/schema.ts';
import type { Logger } from './log.ts';
import { createAddressCheck } from './net/address-guard.ts';
import type { MetricValues } from './ops/metrics/meters.ts';
import type { WorkerState } from './ops/metrics/switch-metrics.ts';
import { createOps } from './ops/ops.ts';
import { createCapture } from './recorder/capture/capture.ts';
import { createLocalFiles } from './recorder/control/local-files.ts';
import { createMailbox } from './recorder/control/mailbox.ts';
import { createRecordingControl } from './recorder/control/recording-control.ts';
import { createEncodeQueue, encodeQueueName } from './recorder/encode/queue.ts';
import { createEncodeSweeper } from './recorder/encode/sweeper.ts';
import { createLive } from './recorder/live/live.ts';
import { createDeliveries } from './recorder/notify/deliveries.ts';
import { createNotifier } from './recorder/notify/queue.ts';
import { createRecorder, type Recorder } from './recorder/recorder.ts';
import { closeRedis, connectRedis, whenReady } from './recorder/registry/connection.ts';
import { unendedOf } from './recorder/registry/files-made.ts';
import { createRegistry, type Registry } from './recorder/registry/registry.ts';
import { createNodeLife } from './recorder/spool/node-life.ts';
import { createSpoolRoom } from './recorder/spool/room.ts';
import { sweepRemovedSpools } from './recorder/spool/spool.ts';
import { compileNamePattern } from './recorder/storage/names.ts';
import { createRtpengine } from './rtpengine/rtpengine.ts';
import { createCallControl } from './switch/directory/call-control.ts';
import { createCallDirectory } from './switch/directory/call-directory.ts';
import { readinessOf } from './switch/health.ts';
import { endLeftCalls } from './switch/left-calls.ts';
import { createPromptClock } from './switch/media/prompt/clock.ts';
import { createPromptEndpoint } from './switch/media/prompt/endpoint.ts';
import { createPromptPlayer } from './switch/media/prompt/player.ts';
import { createSip } from './switch/sip/server.ts';
import { createSwitch, type Switch } from './switch/switch.ts';
import { createDesk } from './wiring/desk.ts';
import { watchSwitch } from './wiring/observers.ts';
import { wireRetention } from './wiring/retention.ts';
import { wireScripts } from './wiring/scripts.ts';
import { storesOf } from './wiring/stores.ts';
import { switchOptionsOf } from './wiring/switch-options.ts';
import { wireTrunks } from './wiring/trunks.ts';

/** How long the start waits for Redis and for a drachtio-server, ms. */
const startWithinMs = 15_000;

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

/** A worker that this process has started, and speaks for. */
export interface OwnWorker extends WorkerState {
  metrics(): Promise<MetricValues>;
}

/** Wires and starts the switch role: SIP, media, scripts, recorder, HTTP. What was started is closed if a later part fails. */
export const startSwitchNode = async (config: Config, log: Logger, worker?: OwnWorker): Promise<SwitchNode> => {
  const closers = createClosers();
  try {
    return await wireSwitchNode(config, log, closers, worker);
  } catch (error) {
    await closers.close();
    throw error;
  }
};

const wireSwitchNode = async (
  config: Config,
  log: Logger,
  closers: Closers,
  worker: OwnWorker | undefined,
): Promise<SwitchNode> => {
  const watch = watchSwitch();
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
  const notifier = closers.add(
    createNotifier({
      connection: redis('blocking'),
      ...{ prefix, log, eventsUrl: config.events.url, traceOf: watch.traceOf },
    }),
    (part) => part.close(),
  );
  const queue = closers.add(
    createEncodeQueue({
      connection: commands,
      queueName: encodeQueueName(queueOf(config)),
      ...{ prefix, log, traceOf: (recordingId) => watch.traceOf({ recordingId }) },
    }),
    (part) => part.close(),
  );

  const mailbox = closers.add(
    createMailbox({ redis: commands, subscriber: redis('subscriber'), prefix, nodeId, log }),
    (part) => part.close(),
  );
  const stores = storesOf(config, log, closers);
  const { storage } = stores;
  const files = createLocalFiles(spoolRoot, storage);
  const retention = wireRetention(config, log, closers, {
    ...{ redis, registry, mailbox, files, queue },
    audit: (...entry) => ops.audit(...entry),
  });
  const control = createRecordingControl({
    registry,
    // What is asked for below is there before anybody can ask.
    recorder: { find: (...names) => recorder.find(...names), owned: (id) => recorder.owned(id) },
    mailbox,
    files,
  });
  const directory = closers.add(createCallDirectory({ redis: commands, prefix, nodeId, registry, log }), (part) =>
    part.close(),
  );
  let started = false;
  const callControl = createCallControl({
    directory,
    mailbox,
    find: (callId) => (started ? calls.find(callId) : undefined),
  });
  const deliveries = closers.add(createDeliveries({ connection: commands, prefix, log }), (part) => part.close());
  const live = closers.add(
    createLive({
      nodeId,
      find: (id) => (started ? recorder.owned(id) : undefined),
      mostListeners: config.http.live_listeners,
      ffmpeg: ffmpegOptionsOf(config),
      log,
    }),
    (part) => part.close(),
  );
  const desk = createDesk({
    ...{ redis: commands, registry, mailbox, stores, queue, nodeId, prefix },
    ffmpeg: ffmpegOptionsOf(config),
    active: () => (started ? recorder.active() : []),
    switchHealth: () => (started ? calls.health() : undefined),
    spoolFree: () => room.free(),
  });
  // HTTP first: with port 0 only it knows the port that every record_call_url names.
  const ops = closers.add(
    await createOps(
      {
        redis: commands,
        reader: redis('blocking'),
        registry,
        storage,
        ...desk,
        api: { control, deletions: retention.deletions, directory, deliveries, calls: callControl, ...desk.api },
        live,
        health: () => ({
          // What is asked for below is there once calls are taken.
          ...(started ? { calls: calls.calls().length, recordings: recorder.active().length } : {}),
          ok: started && commands.status === 'ready' && rtpengines.some((rtpengine) => rtpengine.healthy()),
          redis: commands.status === 'ready',
          rtpengine: rtpengines.map((rtpengine) => ({ ...rtpengine.address, ok: rtpengine.healthy() })),
        }),
        readiness: () =>
          started
            ? readinessOf(calls.health(), { ok: commands.status === 'ready', needed: config.redis.away !== 'take' })
            : { ok: false, away: ['this server: it starts'] },
        metrics: {
          access: config.http.metrics,
          values: () => Promise.all([watch.values(), ...(worker ? [worker.metrics()] : [])]),
        },
        log,
      },
      {
        ...{ nodeId, prefix },
        dataDir: resolve(config.data.dir),
        listen: config.http.listen,
        tls: config.http.tls.cert === '' ? undefined : config.http.tls,
        urlLifeMs: config.http.url_life,
        waitMs: config.http.wait,
        perMinute: config.http.rate_limit,
        allowOrigins: config.http.cors,
        trustProxy: config.http.trust_proxy,
        auditFile: config.http.audit_file,
      },
    ),
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
      memoryLimitBytes: config.capture.memory,
    }),
    (part) => part.close(),
  );
  await capture.start();

  let publicUrl = config.http.public_url.replace(/\/$/, '');
  const room = closers.add(
    createSpoolRoom({
      root: spoolRoot,
      refuseBelow: config.limits.spool_free,
      warnBelow: config.limits.spool_warn,
      log,
    }),
    (part) => part.close(),
  );
  await room.start();
  const recorder = watch.recorder(
    createRecorder(
      { registry, notifier, capture, queue, room, log },
      {
        nodeId,
        spoolRoot,
        captureAddress: config.capture.address,
        ...(config.limits.recordings === 0 ? {} : { maxRecordings: config.limits.recordings }),
        inbandDigits: config.digits.inband,
        pieceMs: pieceMsOf(config),
        urlOf: (recording) => `${publicUrl}${ops.signedPath(recording)}`,
      },
    ),
  );
  await sweepRemovedSpools(spoolRoot);
  const life = closers.add(createNodeLife({ ...lifeOf(config), log }), (part) => part.close());
  await life.start();
  const sweeper = closers.add(
    createEncodeSweeper({
      ...{ spoolRoot, nodeId, goneNodes: life.gone, queue, isOwned: recorder.owns, log },
      unended: () => unendedOf(registry, nodeId),
    }),
    (part) => part.close(),
  );

  const clock = closers.add(createPromptClock({ log }), (part) => part.close());
  clock.start();
  const bound = await ops.start();
  if (publicUrl === '') publicUrl = ownUrlOf(config, bound);
  const { prompts, ringing, ...scripting } = await wireScripts(config, publicUrl, log, closers);
  const { inboundLimits, outboundLimits, gate, probes } = wireTrunks(
    config,
    { ...watch, ask: (trunk, limit) => sip.ask(trunk, limit) },
    log,
    closers,
  );
  const calls = createSwitch(
    {
      rtpengines,
      gate,
      inboundLimits,
      outboundLimits,
      trunkUp: probes.up,
      trunkSilent: probes.isSilent,
      drachtio: () => sip.servers(),
      recorder,
      control,
      directory: watch.directory(directory),
      aroundMethod: watch.aroundMethod,
      notifier,
      onRefused: watch.onRefused,
      permitAddress: createAddressCheck({
        allowPrivate: config.http_out.allow_private,
        allowHosts: config.http_out.allow_hosts,
      }),
      ...scripting,
      redisReady: () => commands.status === 'ready',
      createEndpoint: async (callLog) => {
        const endpoint = createPromptEndpoint({ address: config.media.address, clock, log: callLog });
        await endpoint.start();
        return endpoint;
      },
      createPlayer: (endpoint) => createPromptPlayer({ endpoint, prompts }),
      log,
    },
    switchOptionsOf(config, ringing),
  );
  const sip = closers.add(
    createSip({
      servers: config.sip.drachtio,
      onInvite: calls.invite,
      onLost: calls.serverLost,
      answerOptions: { accepting: calls.accepting, showsItself: gate.showsItself },
      log,
    }),
    (part) => part.close(),
  );
  calls.userEvents.listen((told) => ops.tell('user.event', { ...told }));
  void endLeftCalls({ directory, spoolRoot, nodeId, isUp: (id) => calls.find(id) !== undefined, log }, rtpengines);
  directory.start();
  mailbox.start();
  await sip.start(startWithinMs);
  closers.add(probes, (part) => part.close()).start();
  sweeper.start();
  const redisReady = (): boolean => commands.status === 'ready';
  watch.look({
    ...{ health: calls.health, redisReady, capture, queue, deliveries, notifier, live, room, worker },
    ready: () => readinessOf(calls.health(), { ok: redisReady(), needed: config.redis.away !== 'take' }).ok,
    spoolRefuseBytes: config.limits.spool_free,
  });
  retention.start();
  started = true;
  return { switch: calls, recorder, registry, nodeId, hostports: sip.hostports(), http: bound, close: closers.close };
};
