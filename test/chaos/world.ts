import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { freePort } from '../../src/embedded/ports.ts';
import { createPart, type Part } from '../../src/embedded/process.ts';
import { deathWrapper } from '../../src/embedded/program.ts';
import { createEmbeddedRedis } from '../../src/embedded/redis.ts';
import { createEmbeddedRtpengine } from '../../src/embedded/rtpengine.ts';
import { createEmbeddedSip } from '../../src/embedded/sip.ts';
import { resolveFfmpeg } from '../../src/recorder/encode/ffmpeg-binary.ts';
import { createRtpengine } from '../../src/rtpengine/rtpengine.ts';
import { processesOf } from '../kit/processes.ts';
import { type ScriptHost, startScriptHost } from '../kit/script-host.ts';
import type { LogLine } from '../kit/server.ts';
import type { SipAddress } from '../kit/sip-transport.ts';
import { createStatusSink, type StatusSink } from '../kit/status-sink.ts';
import { eventually } from '../parts/eventually.ts';
import { credentials, type S3Server, startS3, type Trouble } from '../parts/storage/s3-server.ts';
import { endThread } from './end-thread.ts';
import type { Place, Victim } from './plan.ts';
import { mountSmallDisk, type SmallDisk } from './small-disk.ts';

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
  /** Why this cannot happen here; undefined if it can. */
  impossible(victim: Victim): string | undefined;
  /** Does it; resolves with the Unix time, or undefined if there was no such process (no ffmpeg runs at that moment). */
  kill(victim: Victim): Promise<number | undefined>;
  /** True while new calls are taken. */
  healthy(): Promise<boolean>;
  /** Puts it right, and resolves when calls are taken again. */
  revive(victim: Victim): Promise<void>;
  /** How many calls rtpengine has. */
  callsInRtpengine(): Promise<number>;
  /** Files that lie in the back-up. */
  awayFiles(): Promise<readonly string[]>;
  close(): Promise<void>;
}

const mainProgram = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const address = '127.0.0.1';
const secret = 'chaos';
const log = pino({ level: 'silent' });
/** What a recording keeps in memory while the disk is full: less than three seconds of both directions. */
const memory = '50kB';

const troubles: Partial<Record<Victim, Trouble>> = {
  's3 500': 'status 500',
  's3 cut': 'cut',
  's3 silent': 'silent',
  's3 corrupt': 'corrupt',
  's3 slow': 'slow',
};

/** An ffmpeg that hangs while there is a file `hang` beside it. */
const ffmpegScript = (real: string): string => `#!/bin/sh
[ -e "$(dirname "$0")/hang" ] && exec sleep 600
exec "${real}" "$@"
`;

/** Starts all of it, with its data in a folder of its own; `more` settings as --set takes them. */
export const startWorld = async (
  place: Place = 'disk',
  more: Readonly<Record<string, string>> = {},
): Promise<World> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'sipreel-chaos-'));
  const logFile = join(dataDir, 'sipreel.log');
  const wrapper = await deathWrapper();
  const given = new Set<number>();
  const port = (kind: 'tcp' | 'udp' | 'both') => freePort(kind, address, given);
  const [redisPort, ngPort, controlPort, sipPort, httpPort, inspectPort] = [
    await port('tcp'),
    await port('udp'),
    await port('tcp'),
    await port('both'),
    await port('tcp'),
    await port('tcp'),
  ];
  const [host, sink] = await Promise.all([startScriptHost(), createStatusSink()]);
  const http = `http://${address}:${httpPort}`;
  const healthy = async (): Promise<boolean> => (await fetch(`${http}/healthz`)).ok;
  const spool = join(dataDir, 'data', 'spool');
  await mkdir(spool, { recursive: true });
  const disk: SmallDisk | string = place === 'disk' ? await mountSmallDisk(spool) : 'the disk is the usual one here';
  const s3: S3Server | undefined = place === 'disk' ? undefined : await startS3(join(dataDir, 's3'));
  const ffmpeg = join(dataDir, 'ffmpeg');
  await writeFile(ffmpeg, ffmpegScript((await resolveFfmpeg()).ffmpeg));
  await chmod(ffmpeg, 0o755);
  const backUp = join(dataDir, 'back-up');

  const bucket = s3 && {
    s3: {
      ...{ bucket: s3.bucket, endpoint: s3.endpoint, timeout: '2s' },
      ...{ access_key: credentials.accessKeyId, secret_key: credentials.secretAccessKey },
    },
  };
  const stores = bucket === undefined ? [{ disk: '' }] : place === 'bucket' ? [bucket] : [bucket, { disk: backUp }];
  const settings = {
    'node.id': 'chaos',
    'data.dir': JSON.stringify(join(dataDir, 'data')),
    'log.file': JSON.stringify(logFile),
    'redis.url': `redis://${address}:${redisPort}/0`,
    'rtpengine.servers': JSON.stringify([`${address}:${ngPort}`]),
    'sip.drachtio': JSON.stringify([{ address: `${address}:${controlPort}`, secret }]),
    'http.listen': `${address}:${httpPort}`,
    'http_out.allow_private': 'true',
    'capture.memory': memory,
    'encode.ffmpeg': ffmpeg,
    'encode.timeout': '3s',
    'limits.spool_free': '1MB',
    'limits.spool_warn': '2MB',
    'storage.stores': JSON.stringify(stores),
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
          `--inspect-port=${address}:${inspectPort}`,
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
  const rtpengine = createRtpengine({ address: { host: address, port: ngPort }, log });
  const close = async (): Promise<void> => {
    rtpengine.close();
    // The server first: what it owes goes out while its parts are there.
    for (const name of ['switch', 'edge', 'rtpengine', 'redis']) await parts.get(name)?.close();
    await Promise.all([host.close(), sink.close(), s3?.close(), typeof disk === 'string' ? undefined : disk.close()]);
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
  /** What lasts until it is put right: how it begins and how it ends. */
  const lasting: Partial<Record<Victim, readonly [() => Promise<unknown>, () => Promise<unknown>]>> = {
    'ffmpeg hangs': [() => writeFile(join(dataDir, 'hang'), ''), () => rm(join(dataDir, 'hang'))],
    'ffmpeg missing': [() => rename(ffmpeg, `${ffmpeg}.away`), () => rename(`${ffmpeg}.away`, ffmpeg)],
    ...(typeof disk === 'string'
      ? {}
      : { 'disk full': [disk.fill, disk.free] as const, 'disk lost': [disk.fill, disk.free] as const }),
    ...(s3 === undefined ? {} : { 's3 away': [s3.down, s3.up] as const }),
  };
  const setTrouble = (trouble: Trouble | undefined): boolean => {
    if (s3 === undefined || trouble === undefined) return false;
    s3.trouble = trouble;
    return true;
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
    impossible: (victim) => (victim.startsWith('disk') && typeof disk === 'string' ? disk : undefined),
    async kill(victim) {
      const begins = lasting[victim]?.[0];
      const now = Date.now() / 1000;
      if (begins !== undefined) await begins();
      if (begins !== undefined || setTrouble(troubles[victim])) return now;
      const pid = await pidOf(victim === 'capture' ? 'switch' : victim);
      if (pid === undefined) return undefined;
      if (victim === 'capture') return endThread(pid, inspectPort, /capture\/thread\.js/);
      process.kill(pid, 'SIGKILL');
      return Date.now() / 1000;
    },
    healthy,
    async revive(victim) {
      await lasting[victim]?.[1]();
      setTrouble('none');
      // The server itself starts the others again.
      if (victim === 'switch' || victim === 'redis' || victim === 'rtpengine' || victim === 'edge') {
        await parts.get(victim)?.close();
        await start(victim);
      }
      // A ping that was on its way to the rtpengine that was killed fails up to 1.5 s later: only then a new one says the truth.
      if (victim === 'rtpengine') await sleep(2_000);
      await eventually('the server takes calls again', healthy, 30_000);
    },
    async callsInRtpengine() {
      const { calls } = await rtpengine.command('list', { limit: 1_000 });
      return Array.isArray(calls) ? calls.length : 0;
    },
    async awayFiles() {
      const found = await readdir(backUp, { recursive: true, withFileTypes: true }).catch(() => []);
      return found.filter((entry) => entry.isFile()).map(({ name }) => name);
    },
    close,
  };
};
