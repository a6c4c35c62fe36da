import { Worker } from 'node:worker_threads';
import { SipreelError } from '../../errors/error.ts';
import type { FromThread, ThreadSettings, ToThread } from './messages.ts';

/** Starts the worker of a capture thread; replaceable so that a test can end one. */
export type StartWorker = (settings: ThreadSettings) => Worker;

export const startWorker: StartWorker = (settings) =>
  new Worker(new URL('./thread.js', import.meta.url), { workerData: settings, name: 'sipreel-capture' });

/** What one recording on the main thread hears of its capture thread. */
export interface ThreadListener {
  onMessage(message: FromThread): void;
  /** Nothing comes after this. */
  onDied(error: SipreelError): void;
}

/** A capture thread as the main thread sees it. */
export interface CaptureThread {
  /** Resolves when it takes recordings; rejects with capture_died if it never gets there. */
  readonly ready: Promise<void>;
  readonly alive: boolean;
  /** Recordings that are attached. */
  readonly load: number;
  /** Milliseconds that its event loop has worked and waited since it began. */
  times(): { readonly activeMs: number; readonly idleMs: number };
  /** Makes messages with the key that comes back go to the listener. */
  attach(listener: ThreadListener): number;
  detach(key: number): void;
  post(message: ToThread): void;
  /** Idempotent. Ends the thread without another word; its recordings have to be stopped before. */
  close(): Promise<void>;
}

/** Starts a capture thread; `onDied` is called if it ends without being closed. */
export const startCaptureThread = (
  worker: Worker,
  onDied: (error: SipreelError, recordings: number) => void,
): CaptureThread => {
  const listeners = new Map<number, ThreadListener>();
  let nextKey = 1;
  let alive = true;
  let fault: unknown;
  let closing: Promise<void> | undefined;

  const ready = new Promise<void>((resolve, reject) => {
    worker.on('message', (message: FromThread) => {
      if (message.kind === 'ready') resolve();
      else listeners.get(message.key)?.onMessage(message);
    });
    worker.on('error', (error) => {
      fault = error;
    });
    worker.on('exit', (code) => {
      alive = false;
      const why = fault instanceof Error ? fault.message : `exit code ${code}`;
      const error = new SipreelError('capture_died', `the capture thread ended: ${why}`, { cause: fault });
      reject(error);
      const orphans = [...listeners.values()];
      listeners.clear();
      if (closing === undefined) onDied(error, orphans.length);
      for (const listener of orphans) listener.onDied(error);
    });
  });
  // Whoever starts the thread for a recording learns of its end by onDied.
  ready.catch(() => undefined);

  return {
    ready,
    get alive() {
      return alive;
    },
    get load() {
      return listeners.size;
    },
    times() {
      const { active, idle } = worker.performance.eventLoopUtilization();
      return { activeMs: active, idleMs: idle };
    },
    attach(listener) {
      const key = nextKey++;
      listeners.set(key, listener);
      return key;
    },
    detach(key) {
      listeners.delete(key);
    },
    post(message) {
      worker.postMessage(message);
    },
    close() {
      closing ??= worker.terminate().then(() => undefined);
      return closing;
    },
  };
};
