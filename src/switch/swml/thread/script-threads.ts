import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import { SipreelError } from '../../../errors/error.ts';
import type { Caller, ExpressionEngine } from '../expressions/engine.ts';
import { checkLength, valueOfEvaluated } from '../expressions/quickjs-engine.ts';
import type { SourceNode } from '../source-node.ts';
import { scopesJson } from '../variables.ts';
import { createFairQueue } from './fair-queue.ts';
import type { ScriptAnswer, ScriptTask } from './messages.ts';
import { unpackNode } from './node-text.ts';

export interface ScriptThreadsOptions {
  readonly log: Logger;
  /** How many threads, and so how many cores scripts may keep busy at most; 1 by default. */
  readonly threads?: number;
  /** A thread that needs longer for one thing is ended, ms; 10,000 by default: expressions end themselves at 150. */
  readonly patienceMs?: number;
}

/** What scripts make heavy, off the main thread: expressions, and the reading of large scripts. */
export interface ScriptThreads extends ExpressionEngine {
  /** Starts the threads, so that the first expression need not wait; they start by themselves otherwise. */
  start(): void;
  /** What readSource gives. Throws what readSource throws. */
  read(text: string, name: string): Promise<SourceNode>;
  /** Idempotent: whatever waits is rejected; resolves when the threads are gone. */
  close(): Promise<void>;
}

interface Job {
  readonly task: ScriptTask;
  readonly caller: Caller | undefined;
  readonly resolve: (answer: ScriptAnswer) => void;
  readonly reject: (reason: unknown) => void;
}

interface Thread {
  worker: Worker | undefined;
  running: { readonly job: Job; readonly since: number; readonly timer: NodeJS.Timeout } | undefined;
}

export const createScriptThreads = ({
  log,
  threads: count = 1,
  patienceMs = 10_000,
}: ScriptThreadsOptions): ScriptThreads => {
  const threads: Thread[] = Array.from({ length: count }, () => ({ worker: undefined, running: undefined }));
  const queue = createFairQueue<Job>();
  let closing: Promise<void> | undefined;

  const startWorker = (thread: Thread): Worker => {
    const worker = new Worker(new URL('./thread.js', import.meta.url), {
      name: 'sipreel-scripts',
      resourceLimits: { maxOldGenerationSizeMb: 256 },
    });
    let fault: unknown;
    // One that was given up has nothing to say any more.
    worker.on('message', (answer: ScriptAnswer) => {
      if (thread.worker === worker) finish(thread)?.resolve(answer);
    });
    worker.on('error', (error) => {
      fault = error;
    });
    worker.on('exit', (code) => {
      if (thread.worker !== worker) return;
      thread.worker = undefined;
      const why = fault instanceof Error ? fault.message : `exit code ${code}`;
      if (closing === undefined) log.error({ err: fault, code }, 'a script thread ended: a new one is started');
      finish(thread)?.reject(new Error(`the thread that worked on it ended: ${why}`, { cause: fault }));
    });
    thread.worker = worker;
    return worker;
  };

  /** The job that the thread was at; the next one is begun. */
  const finish = (thread: Thread): Job | undefined => {
    const { running } = thread;
    if (!running) return undefined;
    thread.running = undefined;
    clearTimeout(running.timer);
    if (running.job.caller) queue.charge(running.job.caller.call, performance.now() - running.since);
    begin(thread);
    return running.job;
  };

  const begin = (thread: Thread): void => {
    if (thread.running || closing !== undefined) return;
    for (let job = queue.take(); job; job = queue.take()) {
      if (job.caller?.signal.aborted) {
        job.reject(job.caller.signal.reason);
        continue;
      }
      const timer = setTimeout(() => giveUp(thread), patienceMs);
      thread.running = { job, since: performance.now(), timer };
      (thread.worker ?? startWorker(thread)).postMessage(job.task);
      return;
    }
  };

  const giveUp = (thread: Thread): void => {
    const { worker } = thread;
    thread.worker = undefined;
    finish(thread)?.reject(new Error(`it was not done within ${patienceMs} ms`));
    void worker?.terminate();
  };

  const ask = (task: ScriptTask, caller?: Caller): Promise<ScriptAnswer> =>
    new Promise((resolve, reject) => {
      if (closing !== undefined) return reject(closed());
      queue.add({ task, caller, resolve, reject }, caller?.call);
      for (const thread of threads) begin(thread);
    });

  const end = async (): Promise<void> => {
    for (let job = queue.take(); job; job = queue.take()) job.reject(closed());
    await Promise.all(
      threads.map(async (thread) => {
        const job = finish(thread);
        await thread.worker?.terminate();
        job?.reject(closed());
      }),
    );
  };

  return {
    start() {
      for (const thread of threads) if (!thread.worker && closing === undefined) startWorker(thread);
    },
    async evaluate(expression, scopes, caller) {
      checkLength(expression);
      const answer = await ask({ kind: 'evaluate', expression, scopes: scopesJson(scopes) }, caller);
      if (answer.kind === 'evaluated') return valueOfEvaluated(answer.evaluated);
      throw failureOf(answer);
    },
    async read(text, name) {
      const answer = await ask({ kind: 'read', text, name });
      if (answer.kind === 'node') return unpackNode(answer.node);
      throw failureOf(answer);
    },
    close() {
      closing ??= end();
      return closing;
    },
  };
};

const failureOf = (answer: ScriptAnswer): Error => {
  if (answer.kind === 'refused') return new SipreelError(answer.code, answer.message, { details: answer.details });
  return new Error(answer.kind === 'failed' ? answer.message : `a script thread gave ${answer.kind}`);
};

const closed = (): SipreelError => new SipreelError('call_ended', 'the process is going down');
