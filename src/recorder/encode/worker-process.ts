import { type ChildProcess, fork } from 'node:child_process';
import type { Logger } from '../../log.ts';
import { askWorker } from './worker-questions.ts';

export interface WorkerProcessOptions {
  /** Arguments of `sipreel`, such as serve --role worker ... */
  readonly args: readonly string[];
  readonly log: Logger;
  /** Milliseconds between SIGTERM and SIGKILL. Default: 45,000, more than the worker's own limits. */
  readonly closeMs?: number;
}

/** The worker in a process of its own: an encoder that eats memory or time takes no call with it. */
export interface WorkerProcess {
  pid(): number | undefined;
  /** Times that it had to be started again. */
  restarts(): number;
  /** Its answer to a question that its side knows (see answerParent); undefined if it gives none in time. */
  ask(question: string, withinMs: number): Promise<unknown>;
  start(): void;
  /** Idempotent: lets it finish what it does; resolves when it is gone. */
  close(): Promise<void>;
}

const longestPauseMs = 10_000;

/** Starts `sipreel serve --role worker` as a child and starts it again, with growing pauses, if it dies. */
export const createWorkerProcess = ({ args, log, closeMs = 45_000 }: WorkerProcessOptions): WorkerProcess => {
  let child: ChildProcess | undefined;
  let exited: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let pauseMs = 250;
  let restarts = 0;
  let closing: Promise<void> | undefined;

  const forkWorker = (): ChildProcess =>
    // In a process group of its own: Ctrl-C in a terminal reaches us, and we end it when our recordings are finished.
    // Its IPC channel is how it learns that we are gone, even by kill -9.
    fork(new URL('../../main.js', import.meta.url), [...args], {
      detached: true,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      // JSON has no NaN, which is what Node.js says of what it has not measured yet.
      serialization: 'advanced',
    });

  const startAgain = (why: Readonly<Record<string, unknown>>): void => {
    child = undefined;
    if (closing !== undefined) return;
    log.error({ ...why, again_in_ms: pauseMs }, 'the worker died: it is started again, its jobs are not lost');
    restarts++;
    timer = setTimeout(launch, pauseMs);
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  };

  const launch = (): void => {
    const startedAt = Date.now();
    let started: ChildProcess;
    try {
      started = forkWorker();
    } catch (err) {
      // A machine without memory: that is the moment's, and no reason to end calls.
      startAgain({ err });
      return;
    }
    child = started;
    exited = new Promise((resolve) => {
      started.once('exit', (code, signal) => {
        if (Date.now() - startedAt > 60_000) pauseMs = 250;
        startAgain({ code, signal });
        resolve();
      });
      started.on('error', (err) => {
        // One that could not be started has no exit.
        if (started.pid !== undefined) log.error({ err }, 'the worker process failed');
        else {
          startAgain({ err });
          resolve();
        }
      });
    });
  };

  const close = async (): Promise<void> => {
    clearTimeout(timer);
    const running = child;
    running?.kill('SIGTERM');
    const killer = setTimeout(() => running?.kill('SIGKILL'), closeMs);
    await exited;
    clearTimeout(killer);
  };

  return {
    pid: () => child?.pid,
    restarts: () => restarts,
    ask: async (question, withinMs) => (child === undefined ? undefined : askWorker(child, question, withinMs)),
    start: launch,
    close() {
      closing ??= close();
      return closing;
    },
  };
};
