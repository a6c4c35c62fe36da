import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type OwnWorker, type SwitchNode, startSwitchNode } from '../app.ts';
import { loadConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { hostPort } from '../config/units.ts';
import { checkOpenFiles } from '../doctor/open-files.ts';
import { type EmbeddedParts, startEmbedded } from '../embedded/embedded.ts';
import { SipreelError } from '../errors/error.ts';
import { createLog, type Logger } from '../log.ts';
import type { MetricValues } from '../ops/metrics/meters.ts';
import { createWorkerProcess, type WorkerProcess } from '../recorder/encode/worker-process.ts';
import { answerParent } from '../recorder/encode/worker-questions.ts';
import { filesMade } from '../recorder/registry/files-made.ts';
import { startWorkerNode } from '../wiring/worker-node.ts';
import type { ServeArguments } from './arguments.ts';
import { createShutdown, type Shutdown } from './shutdown.ts';

/** `sipreel serve`: runs until a signal ends it. Gives the exit code. */
export const serve = async (given: ServeArguments): Promise<number> => {
  const shutdown = createShutdown();
  if (given.role === 'worker') return serveWorker(given, shutdown);

  const server = await startServer(given);
  watchForFaults(server.log, () => {
    process.exitCode = 1;
    return server.close(Promise.resolve());
  });
  if (given.json) process.stdout.write(`${JSON.stringify({ ready: true, sip: server.sip, http: server.http })}\n`);
  const how = await shutdown.asked;
  await server.close(how === 'drain' ? shutdown.askedAgain : Promise.resolve());
  return 0;
};

/**
 * The last line of defence: a promise that nobody handled is logged and the calls go on; after an exception that nobody
 * caught the state of things is unknown, so every recording is finished and the process ends.
 */
const watchForFaults = (log: Logger, end: () => Promise<void>): void => {
  process.on('unhandledRejection', (err) =>
    log.error({ err }, 'a promise was not handled: this is a fault of sipreel'),
  );
  process.once('uncaughtException', (err) => {
    log.fatal({ err }, 'an exception was not caught: recordings are finished, then this process ends');
    void end().finally(() => process.exit(1));
  });
};

/** A server that takes calls, with its worker and, if embedded, its outside parts. */
export interface Server {
  readonly node: SwitchNode;
  readonly log: Logger;
  readonly sip: string;
  readonly http: string;
  /**
   * No new calls; waits for running ones until `atOnce` resolves or drain.limit is over, then ends them; waits for the
   * files of all recordings, then ends everything that was started.
   */
  close(atOnce: Promise<unknown>): Promise<void>;
}

/** @param copyLog gets each line of this process's log too. */
export const startServer = async (given: ServeArguments, copyLog?: Writable): Promise<Server> => {
  let settings = given.settings;
  const load = (): Config => loadConfig({ settings, ...(given.config === undefined ? {} : { file: given.config }) });
  // Checked before anything is started, so that every mistake in it is told at once.
  let config = load();
  const sip = hostPort().safeParse(given.sip ?? '127.0.0.1:0');
  if (!sip.success)
    throw new SipreelError('usage_invalid', `--sip ${given.sip}: must be HOST:PORT, such as 127.0.0.1:5060`);
  const log = createLog(config.log, copyLog);

  let parts: EmbeddedParts | undefined;
  if (given.embedded) {
    if (!settings.some((setting) => setting.startsWith('data.dir=')) && given.config === undefined) {
      const dir = mkdtempSync(join(tmpdir(), 'sipreel-'));
      log.info({ dir }, 'no --data: recordings are kept in a new folder');
      settings = [...settings, `data.dir=${JSON.stringify(dir)}`];
      config = load();
    }
    parts = await startEmbedded({ dataDir: config.data.dir, sip: sip.data, log });
    settings = [...embeddedSettings(parts), ...settings];
    config = load();
  }

  await checkOpenFiles(config.limits.calls, log);
  const worker = createWorkerProcess({ args: workerArguments(given, settings), log });
  let node: SwitchNode;
  try {
    node = await startSwitchNode(config, log, given.role === 'all' ? spokenFor(worker) : undefined);
  } catch (error) {
    await parts?.close();
    throw error;
  }
  if (given.role === 'all') worker.start();
  const bound = node.http;
  const address = parts ? `${parts.sip.host}:${parts.sip.port}` : (node.hostports[0]?.replace(/^\w+\//, '') ?? '');
  const http = `http://${bound.host.includes(':') ? `[${bound.host}]` : bound.host}:${bound.port}`;
  log.info({ sip: address, http, data: config.data.dir, node: node.nodeId }, 'ready to take calls');

  let closing: Promise<void> | undefined;
  const close = async (atOnce: Promise<unknown>): Promise<void> => {
    log.info({ calls: node.switch.calls().length }, 'going down: no new calls');
    const limit = new AbortController();
    const late = sleep(config.drain.limit, undefined, { signal: limit.signal, ref: false }).catch(() => undefined);
    await Promise.race([node.switch.drain(), atOnce, late]);
    limit.abort();
    await node.switch.hangupAll('the server is going down');
    if (given.role === 'all') await filesMade(node.registry, node.nodeId, log);
    await worker.close();
    await node.close();
    await parts?.close();
    log.info('down');
  };
  return {
    node,
    log,
    sip: address,
    http,
    close(atOnce) {
      closing ??= close(atOnce);
      return closing;
    },
  };
};

/** What the embedded parts put into the place of the configuration's defaults. */
const embeddedSettings = (parts: EmbeddedParts): string[] => [
  `redis.url=${parts.redisUrl}`,
  `rtpengine.servers=${JSON.stringify([`${parts.rtpengine.host}:${parts.rtpengine.port}`])}`,
  `sip.drachtio=${JSON.stringify([
    { address: `${parts.drachtio.address.host}:${parts.drachtio.address.port}`, secret: parts.drachtio.secret },
  ])}`,
  // All is on this machine, and so are the servers that scripts and status_url name when things are tried out.
  'http_out.allow_private=true',
];

/** A scrape waits no longer for a worker that is busy or dies, ms. */
const metricsWithinMs = 2_000;

/** The worker as its parent's metrics have it. */
const spokenFor = ({ pid, restarts, ask }: WorkerProcess): OwnWorker => ({
  pid,
  restarts,
  metrics: async () => ((await ask('metrics', metricsWithinMs)) ?? []) as MetricValues,
});

const workerArguments = (given: ServeArguments, settings: readonly string[]): string[] => [
  'serve',
  '--role',
  'worker',
  ...(given.config === undefined ? [] : ['--config', given.config]),
  ...settings.flatMap((setting) => ['--set', setting]),
];

/** How long a worker without its parent finishes what it does, ms. */
const orphanMs = 5000;

const serveWorker = async (given: ServeArguments, shutdown: Shutdown): Promise<number> => {
  const config = loadConfig({
    settings: given.settings,
    ...(given.config === undefined ? {} : { file: given.config }),
  });
  const log = createLog(config.log);
  const worker = await startWorkerNode(config, log);
  watchForFaults(log, worker.close);
  answerParent({ metrics: worker.metrics }, log);
  if (given.json)
    process.stdout.write(`${JSON.stringify({ ready: true, ...(worker.http ? { http: worker.http } : {}) })}\n`);
  await shutdown.asked;
  // With the parent its Redis may be gone too, and what a job waits for then never comes; jobs are taken up again later.
  await Promise.race([worker.close(), shutdown.orphaned.then(() => sleep(orphanMs, undefined, { ref: false }))]);
  process.exit(0);
};
