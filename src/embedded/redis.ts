import { mkdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SipreelError } from '../errors/error.ts';
import type { Logger } from '../log.ts';
import { createPart, type Part } from './process.ts';
import { requireProgram } from './program.ts';

export interface EmbeddedRedisOptions {
  /** Its files are in `redis` below it. */
  readonly dataDir: string;
  readonly port: number;
  readonly wrapper: readonly string[];
  readonly log: Logger;
  readonly onDied?: (error: SipreelError) => void;
}

const host = '127.0.0.1';
const pidFile = 'redis-server.pid';
const urlFile = 'redis-server.url';
/** Milliseconds that a redis-server of a process that was just killed may take to go. */
const leavingMs = 2000;

/**
 * A redis-server of our own on 127.0.0.1. It appends each change to a file before it answers, because status events that
 * are owed to somebody must outlive it and us. Throws part_missing, or part_failed if another one has the directory.
 */
export const createEmbeddedRedis = async (options: EmbeddedRedisOptions): Promise<{ url: string; part: Part }> => {
  const { port, wrapper, log, onDied } = options;
  const program = await requireProgram('redis-server', 'the Debian package redis-server');
  const dir = join(options.dataDir, 'redis');
  await mkdir(dir, { recursive: true, mode: 0o750 });
  await mustBeAlone(dir);
  const url = `redis://${host}:${port}/0`;
  await writeFile(join(dir, urlFile), `${url}\n`, { mode: 0o640 });
  const part = createPart({
    name: 'redis-server',
    program,
    args: [
      ...['--bind', host, '--port', String(port), '--dir', dir, '--pidfile', join(dir, pidFile)],
      ...['--appendonly', 'yes', '--save', ''],
    ],
    wrapper,
    log,
    isReady: () => answersPing(port),
    ...(onDied === undefined ? {} : { onDied }),
  });
  return { url, part };
};

/** The URL of the redis-server of ours that runs in this data folder, if one does. */
export const findEmbeddedRedis = async (dataDir: string): Promise<string | undefined> => {
  const dir = join(dataDir, 'redis');
  if ((await ownerOf(dir)) === undefined) return undefined;
  return (await readFile(join(dir, urlFile), 'utf8')).trim();
};

/** Two servers that append to the same file destroy it, and redis-server itself does not look. */
const mustBeAlone = async (dir: string): Promise<void> => {
  const deadline = Date.now() + leavingMs;
  for (;;) {
    const pid = await ownerOf(dir);
    if (pid === undefined) return;
    if (Date.now() > deadline) {
      throw new SipreelError('part_failed', `redis-server with pid ${pid} uses ${dir}: stop it or use another --data`, {
        details: { part: 'redis-server', dir, pid },
      });
    }
    await sleep(50);
  }
};

/** The pid of the living redis-server whose working directory is `dir`. */
const ownerOf = async (dir: string): Promise<number | undefined> => {
  try {
    const pid = Number((await readFile(join(dir, pidFile), 'utf8')).trim());
    return (await realpath(`/proc/${pid}/cwd`)) === (await realpath(dir)) ? pid : undefined;
  } catch {
    // No pid file, no such process, or no /proc: nobody that we could know of.
    return undefined;
  }
};

/** False while it still loads its file (-LOADING); rejects if nobody answers. */
const answersPing = (port: number): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: 500 });
    socket.on('connect', () => socket.write('PING\r\n'));
    socket.on('data', (data) => {
      resolve(data.toString().startsWith('+PONG'));
      socket.destroy();
    });
    socket.on('timeout', () => socket.destroy(new Error(`nobody answers PING on port ${port}`)));
    socket.on('error', reject);
    socket.on('close', () => resolve(false));
  });
