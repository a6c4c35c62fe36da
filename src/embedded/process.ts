import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { SipreelError } from '../errors/error.ts';
import type { Logger } from '../log.ts';

export interface PartOptions {
  /** What the log and the errors call it: redis-server, rtpengine... */
  readonly name: string;
  /** Absolute path of the program. */
  readonly program: string;
  readonly args: readonly string[];
  /** Put before the command: see deathWrapper. Default: nothing. */
  readonly wrapper?: readonly string[];
  readonly log: Logger;
  /** Asked again and again until it says true; what it throws counts as no, and is the cause if the time runs out. */
  readonly isReady: () => Promise<boolean>;
  /** Milliseconds it may take to become ready. Default: 10,000. */
  readonly readyMs?: number;
  /** Milliseconds between SIGTERM and SIGKILL in close(). Default: 5000. */
  readonly closeMs?: number;
  /** Told once if it ends by itself after it was ready; the error is part_failed. */
  readonly onDied?: (error: SipreelError) => void;
}

/** A program that belongs to us. */
export interface Part {
  readonly name: string;
  /** Undefined before the start and after the end. */
  pid(): number | undefined;
  /** Resolves when it is ready; rejects with part_failed (it is gone then), and may be called once. */
  start(): Promise<void>;
  /** Idempotent: SIGTERM, then SIGKILL; resolves when the process is gone. */
  close(): Promise<void>;
}

const keptLines = 20;
const pollMs = 20;
/** Milliseconds in which the last lines of an ended process are read, should a child of its own hold the pipe open. */
const lastWordsMs = 200;

/** A supervised child process, started with an argument array and never through a shell. */
export const createPart = (options: PartOptions): Part => {
  const { name, program, args, wrapper = [], log, readyMs = 10_000, closeMs = 5000 } = options;
  const lines: string[] = [];
  let child: ChildProcess | undefined;
  let exited: Promise<void> = Promise.resolve();
  let exit: { readonly status: string; readonly cause?: unknown } | undefined;
  let ready = false;
  let closing: Promise<void> | undefined;

  const failed = (what: string, cause?: unknown): SipreelError => {
    const said = lines.length === 0 ? 'it said nothing' : `its last lines:\n${lines.join('\n')}`;
    return new SipreelError('part_failed', `${name} ${what}; ${said}`, {
      cause,
      details: { part: name, program, args, exit: exit?.status },
    });
  };

  const spawnChild = (): void => {
    const [command = program, ...rest] = [...wrapper, program, ...args];
    // In a session of its own, so that Ctrl-C in a terminal reaches only us: we end it when our own work is done.
    const started = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    child = started;
    exited = new Promise((resolve) => {
      const end = (status: string, cause?: unknown): void => {
        if (exit !== undefined) return;
        exit = cause === undefined ? { status } : { status, cause };
        for (const pipe of [started.stdout, started.stderr]) pipe?.destroy();
        resolve();
        if (!ready || closing !== undefined) return;
        const error = failed(`died (${status})`);
        log.error({ part: name, err: error }, 'an embedded part died');
        options.onDied?.(error);
      };
      started.once('error', (error) => {
        // A failed kill comes here as well; only a process that never started has no exit.
        if (started.pid === undefined) end(`did not start: ${error.message}`, error);
      });
      started.once('exit', (code, signal) => {
        const status = signal === null ? `exit code ${code}` : `by ${signal}`;
        const timer = setTimeout(end, lastWordsMs, status);
        started.once('close', () => {
          clearTimeout(timer);
          end(status);
        });
      });
    });
    for (const pipe of [started.stdout, started.stderr]) {
      if (pipe === null) continue;
      createInterface({ input: pipe }).on('line', (line) => {
        lines.push(line);
        if (lines.length > keptLines) lines.shift();
        log.debug({ part: name, line }, 'an embedded part says');
      });
    }
  };

  const start = async (): Promise<void> => {
    if (closing !== undefined) throw failed('was closed before it was started');
    spawnChild();
    // The error of a spawn that failed comes a moment later.
    if (child?.pid === undefined) await exited;
    const deadline = Date.now() + readyMs;
    let lastNo: unknown;
    while (Date.now() < deadline && exit === undefined && closing === undefined) {
      const answer = await options.isReady().catch((error: unknown) => {
        lastNo = error;
        return false;
      });
      // It may have died while another program answered in its place.
      if (answer && exit === undefined && closing === undefined) {
        ready = true;
        return;
      }
      await Promise.race([exited, sleep(pollMs)]);
    }
    const what =
      closing !== undefined
        ? 'was closed before it was ready'
        : exit !== undefined
          ? `ended before it was ready (${exit.status})`
          : `was not ready within ${readyMs} ms`;
    const error = failed(what, exit?.cause ?? lastNo);
    await close();
    throw error;
  };

  const end = async (): Promise<void> => {
    const running = child;
    if (running?.pid === undefined || exit !== undefined) return;
    running.kill('SIGTERM');
    const timer = setTimeout(() => {
      log.warn({ part: name, close_ms: closeMs }, 'an embedded part ignores SIGTERM: killing it');
      running.kill('SIGKILL');
    }, closeMs);
    await exited;
    clearTimeout(timer);
  };

  const close = (): Promise<void> => {
    closing ??= end();
    return closing;
  };

  return { name, pid: () => (exit === undefined ? child?.pid : undefined), start, close };
};
