import { type ChildProcess, spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import { basename } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { SipreelError } from '../../errors/error.ts';

/** How a program of the ffmpeg family is started. */
export interface FfmpegProcessOptions {
  /** Absolute path of ffmpeg or ffprobe. */
  readonly program: string;
  readonly args: readonly string[];
  /** Give it a standard input to write to. */
  readonly writes: boolean;
  /** Give it a standard output to read from. */
  readonly reads: boolean;
  /** Milliseconds that it may keep us waiting before it is killed as hung. Default: 30,000. */
  readonly stallMs?: number;
  /** Nice value, 0..19. Default: 0. */
  readonly niceness?: number;
  /** Kills it when aborted; `ended` then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A running program of the ffmpeg family. */
export interface FfmpegProcess {
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  /** Resolves when it has ended with status 0; rejects with ffmpeg_failed, ffmpeg_hung, ffmpeg_missing or the reason of kill. */
  readonly ended: Promise<void>;
  hasEnded(): boolean;
  /** The last 4 KB that it said on standard error. */
  stderrTail(): string;
  /** Waits for something that it has to do; if that takes longer than stallMs, it is killed as hung. */
  waitFor<T>(what: Promise<T>): Promise<T>;
  /** Ends it at once with SIGKILL, and whatever it has started; idempotent. */
  kill(reason: unknown): void;
}

const stderrLimit = 4096;
/** Milliseconds in which the pipes of an ended process are given up, should one of its children hold them open. */
const pipeGraceMs = 1000;

/** Starts a program of the ffmpeg family with an argument array, never through a shell. */
export const startFfmpeg = (options: FfmpegProcessOptions): FfmpegProcess => {
  const { program, args, stallMs = 30_000, niceness = 0, signal } = options;
  const name = basename(program);
  let stderr = '';
  let ended = false;
  let killed: { reason: unknown } | undefined;

  // A process group of its own: FFMPEG_BIN may be a wrapper, and killing that alone would leave its ffmpeg behind. Nor does
  // Ctrl-C in a terminal reach it then: what is being encoded is finished before we exit.
  const child: ChildProcess = spawn(program, [...args], {
    stdio: [options.writes ? 'pipe' : 'ignore', options.reads ? 'pipe' : 'ignore', 'pipe'],
    detached: true,
  });

  const kill = (reason: unknown): void => {
    if (ended || killed !== undefined) return;
    killed = { reason };
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // The group is gone already; `close` follows.
    }
    // What is in the pipes is wanted no more; unread, it would hold up `close`.
    child.stdin?.destroy();
    child.stdout?.destroy();
  };
  const onAbort = (): void => kill(signal?.reason);

  const outcome = new Promise<void>((resolve, reject) => {
    const fail = (code: 'ffmpeg_failed' | 'ffmpeg_missing', message: string, cause?: unknown): void =>
      reject(new SipreelError(code, message, { cause, details: { program, args, stderr } }));
    const settle = (code: number | null, by: NodeJS.Signals | null): void => {
      if (ended) return;
      ended = true;
      signal?.removeEventListener('abort', onAbort);
      if (killed !== undefined) reject(killed.reason);
      else if (code === 0) resolve();
      else fail('ffmpeg_failed', `${name} ended with ${by ?? `status ${code}`}: ${stderr.trim() || 'it said nothing'}`);
    };
    child.on('error', (error: NodeJS.ErrnoException) => {
      // A failed kill comes here as well; only a process that never started ends without `close`.
      if (child.pid !== undefined || ended) return;
      ended = true;
      signal?.removeEventListener('abort', onAbort);
      const missing = error.code === 'ENOENT' || error.code === 'EACCES';
      fail(missing ? 'ffmpeg_missing' : 'ffmpeg_failed', `${program} did not start: ${error.message}`, error);
    });
    child.on('exit', () => {
      const grace = setTimeout(() => {
        for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe?.destroy();
      }, pipeGraceMs);
      child.once('close', () => clearTimeout(grace));
    });
    child.on('close', settle);
  });
  // Whoever awaits `ended` hears of a failure; that nobody does so yet must not end our process.
  outcome.catch(() => undefined);

  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-stderrLimit);
  });
  // EPIPE: it closed its input. Its exit status, which follows, says why.
  child.stdin?.on('error', () => undefined);
  if (signal?.aborted) kill(signal.reason);
  else signal?.addEventListener('abort', onAbort, { once: true });
  if (niceness !== 0 && child.pid !== undefined) {
    try {
      setPriority(child.pid, niceness);
    } catch {
      // It has ended already, or the system forbids it: then it runs at our own priority.
    }
  }

  const waitFor = async <T>(what: Promise<T>): Promise<T> => {
    const timer = setTimeout(() => {
      kill(
        new SipreelError('ffmpeg_hung', `${name} made no progress for ${stallMs} ms`, {
          details: { program, args, stderr },
        }),
      );
    }, stallMs);
    try {
      return await what;
    } finally {
      clearTimeout(timer);
    }
  };

  return {
    stdin: child.stdin,
    stdout: child.stdout,
    ended: outcome,
    hasEnded: () => ended,
    stderrTail: () => stderr,
    waitFor,
    kill,
  };
};
