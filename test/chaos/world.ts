import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { freePort } from '../../src/embedded/ports.ts';
import { createPart, type Part } from '../../src/embedded/process.ts';
import { deathWrapper } from '../../src/embedded/program.ts';
import { createEmbeddedRedis } from '../../src/embedded/redis.ts';
import { createEmbeddedRtpengine } from '../../src/embedded/rtpengine.ts';
import { createEmbeddedSip } from '../../src/embedded/sip.ts';
import { processesOf } from '../kit/processes.ts';
import { type ScriptHost, startScriptHost } from '../kit/script-host.ts';
import type { LogLine } from '../kit/server.ts';
import type { SipAddress } from '../kit/sip-transport.ts';
import { createStatusSink, type StatusSink } from '../kit/status-sink.ts';
import { eventually } from '../parts/eventually.ts';
import type { Victim } from './plan.ts';

/** A server and its parts, each a process of its own that can be killed and started again where it was. */
export interface World {
  readonly sip: SipAddress;
  readonly http: string;
  /** For what a test wants to keep for its time. */
  readonly folder: string;
  readonly host: ScriptHost;
  readonly sink: StatusSink;
  /** What the server and its worker have logged, over all their lives. */
  log(): Promise<readonly LogLine[]>;
  /** SIGKILL; resolves with the Unix time, or undefined if there was no such process (no ffmpeg runs at that moment). */
  kill(victim: Victim): Promise<number | undefined>;
  /** True while new calls are taken. */
  healthy(): Promise<boolean>;
  /** Starts what was killed, and resolves when calls are taken again. */
  revive(victim: Victim): Promise<void>;
  close(): Promise<void>;
}

const mainProgram = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const address = '127.0.0.1';
const secret = 'chaos';
const log = pino({ level: 'silent' });

/** Starts all of it, with its data in a folder of its own; `more` settings as --set takes them. */
export const startWorld = async (more: Readonly<Record<string, string>> = {}): Promise<World> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'sipreel-chaos-'));
  const logFile = join(dataDir, 'sipreel.log');
  const wrapper = await deathWrapper();
  const given = new Set<number>();
  const port = (kind: 'tcp' | 'udp' | 'both') => freePort(kind, address, given);
  const [redisPort, ngPort, controlPort, sipPort, httpPort] = [
    await port('tcp'),
    await port('udp'),
    await port('tcp'),
    await port('both'),
    await port('tcp'),
  ];
  const [host, sink] = await Promise.all([startScriptHost(), createStatusSink()]);
  const http = `http://${address}:${httpPort}`;
  const healthy = async (): Promise<boolean> => (await fetch(`${http}/healthz`)).ok;
  await mkdir(join(dataDir, 'data'));

  const settings = {
    'node.id': 'chaos',
    'data.dir': JSON.stringify(join(dataDir, 'data')),
    'log.file': JSON.stringify(logFile),
    'redis.url': `redis://${address}:${redisPort}/0`,
    'rtpengine.servers': JSON.stringify([`${address}:${ngPort}`]),
    'sip.drachtio': JSON.stringify([{ address: `${address}:${controlPort}`, secret }]),
    'http.listen': `${address}:${httpPort}`,
    'http_out.allow_private': 'true',
    routes: JSON.stringify([{ to: '*', script: host.url }]),
    ...more,
  };
  const makers: Readonly<Record<'switch' | 'redis' | 'rtpengine' | 'edge', () => Promise<Part>>> = {
    redis: async () => (await createEmbeddedRedis({ dataDir, port: redisPort, wrapper, log })).part,
    rtpengine: async () => (await createEmbeddedRtpengine({ port: ngPort, wrapper, log })).part,
    edge: async () => {
      const sip = { host: address, port: sipPort };
      const drachtioBin = process.env.DRACHTIO_BIN;
      return (
        await createEmbeddedSip({ sip, controlPort, secret, dataDir, drachtioBin, given: new Set(), wrapper, log })
      ).part;
    },
    switch: async () =>
      createPart({
        name: 'sipreel',
        program: process.execPath,
        args: [
          mainProgram,
          'serve',
          ...Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]),
        ],
        wrapper,
        log,
        isReady: healthy,
        readyMs: 30_000,
      }),
  };
  const parts = new Map<string, Part>();
  const start = async (name: keyof typeof makers): Promise<void> => {
    const part = await makers[name]();
    parts.set(name, part);
    await part.start();
  };
  const close = async (): Promise<void> => {
    // The server first: what it owes goes out while its parts are there.
    for (const name of ['switch', 'edge', 'rtpengine', 'redis']) await parts.get(name)?.close();
    await Promise.all([host.close(), sink.close()]);
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await Promise.all([start('redis'), start('rtpengine'), start('edge')]);
    await start('switch');
  } catch (error) {
    await close();
    throw error;
  }

  /** A process that the server has started. */
  const childOf = async (words: RegExp): Promise<number | undefined> => {
    const family = await processesOf(parts.get('switch')?.pid() ?? 0);
    return family.find(({ command }) => words.test(command))?.pid;
  };
  const pidOf = async (victim: Victim): Promise<number | undefined> => {
    if (victim === 'worker') return childOf(/--role worker/);
    // Prompts have their ffmpegs too; a worker's writes a file.
    if (victim === 'ffmpeg') return childOf(/ffmpeg.*(?:\.part|-f (?:mp3|adts|mp4))/);
    return parts.get(victim)?.pid();
  };
  return {
    sip: { host: address, port: sipPort },
    http,
    folder: dataDir,
    host,
    sink,
    async log() {
      const text = await readFile(logFile, 'utf8').catch(() => '');
      return text.split('\n').flatMap((line) => (line.startsWith('{') && line.endsWith('}') ? [JSON.parse(line)] : []));
    },
    async kill(victim) {
      const pid = await pidOf(victim);
      if (pid === undefined) return undefined;
      process.kill(pid, 'SIGKILL');
      return Date.now() / 1000;
    },
    healthy,
    async revive(victim) {
      // The server itself starts the others again.
      if (victim !== 'worker' && victim !== 'ffmpeg') {
        await parts.get(victim)?.close();
        await start(victim);
      }
      await eventually('the server takes calls again', healthy, 30_000);
    },
    close,
  };
};
