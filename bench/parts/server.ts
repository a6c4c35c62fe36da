import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Counted, findChild } from '../measure/cpu.ts';
import { type LogLine, parseLog } from '../measure/server-log.ts';
import { type Child, startChild } from './child.ts';

/** `sipreel serve --embedded`, as anybody starts it. */
export interface BenchServer {
  readonly sip: { readonly host: string; readonly port: number };
  /** Its processes, for the CPU count. */
  readonly processes: readonly Counted[];
  log(): Promise<readonly LogLine[]>;
  spoolDir(recordingId: string): string;
}

/** What the parts of a server are called in the tables. */
export const partNames = {
  rtpengine: 'rtpengine',
  main: 'switch: SIP, scripts, prompts',
  threads: 'switch: capture and other threads',
  worker: 'worker, ffmpeg with it',
  redis: 'redis-server',
} as const;

export interface ServerOptions {
  readonly routes: readonly { readonly to: string; readonly script: string }[];
  /** key=value */
  readonly settings: readonly string[];
  /** Folder for CPU profiles. */
  readonly profile?: string;
}

/** Starts it; `started` is told of the process at once, so that it is ended whatever comes. */
export const startServer = async (
  root: string,
  dir: string,
  given: ServerOptions,
  wrapper: readonly string[],
  started: (child: Child) => void,
): Promise<BenchServer> => {
  const logFile = join(dir, 'sipreel.log');
  const settings = [
    `routes=${JSON.stringify(given.routes)}`,
    `data.dir=${JSON.stringify(dir)}`,
    // What was captured is compared with what was sent.
    'data.keep_spool=true',
    `log.file=${JSON.stringify(logFile)}`,
    ...given.settings,
  ];
  const profile = given.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${given.profile}`];
  const child = startChild(wrapper, process.execPath, [
    ...profile,
    join(root, 'dist/main.js'),
    ...['serve', '--embedded', '--json', '--sip', '127.0.0.1:0', '--http', '127.0.0.1:0'],
    ...settings.flatMap((setting) => ['--set', setting]),
  ]);
  started(child);
  const ready = JSON.parse(await child.line()) as { sip: string };
  const log = async (): Promise<readonly LogLine[]> => parseLog(await readFile(logFile, 'utf8'));
  const up = (await log()).find(({ msg }) => msg === 'the embedded parts are up');
  const pids = up?.pids as { redis: number; rtpengine: number; sip: number };
  const [host = '', port] = ready.sip.split(':');
  return {
    sip: { host, port: Number(port) },
    processes: [
      { name: partNames.rtpengine, pid: pids.rtpengine },
      { name: partNames.main, pid: child.pid, threads: partNames.threads },
      { name: partNames.worker, pid: await findChild(child.pid, 'worker') },
      { name: partNames.redis, pid: pids.redis },
      // drachtio-server, or sip-edge for the embedded one.
      { name: String(up?.sip_program), pid: pids.sip },
    ],
    log,
    spoolDir: (recordingId) => join(dir, 'spool', recordingId),
  };
};
