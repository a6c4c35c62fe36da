/** The entry of a capture thread: messages in, recordings beside each other, one timer for all of them. */
import { parentPort, workerData } from 'node:worker_threads';
import { asSipreelError } from '../../errors/error.ts';
import { createMonotonicClock } from './clock.ts';
import { createFlushWheel } from './flush-wheel.ts';
import type { FromThread, RecordingSettings, ThreadSettings, ToThread } from './messages.ts';
import { openRecordingCapture, type RecordingCapture } from './recording-capture.ts';
import { createWriteMeter, keepLoopIn } from './strain.ts';

const settings = workerData as ThreadSettings;
const clock = createMonotonicClock();
const meter = settings.strain && createWriteMeter(settings.strain, clock);
if (settings.strain) keepLoopIn(settings.strain);
const wheel = createFlushWheel(settings.flushMs);
/** Undefined while it is being opened, or if that failed. */
const recordings = new Map<number, Promise<RecordingCapture | undefined>>();
const opened = new Map<number, RecordingCapture>();

const tell = (message: FromThread): void => parentPort?.postMessage(message);

const open = async (key: number, recording: RecordingSettings): Promise<RecordingCapture | undefined> => {
  try {
    const capture = await openRecordingCapture(settings, recording, clock, {
      onEvent: (event) => tell({ kind: 'event', key, event }),
      meter,
      onSocketError: (error) => tell({ kind: 'socket_error', key, message: error.message }),
    });
    opened.set(key, capture);
    wheel.add(capture);
    tell({ kind: 'opened', key, port: capture.port });
    return capture;
  } catch (error) {
    recordings.delete(key);
    tell({ kind: 'open_failed', key, error: asSipreelError(error).report() });
    return undefined;
  }
};

const turn = async (key: number, how: 'pause' | 'resume'): Promise<void> => {
  // Of one that has ended, the main thread knows already.
  const t = await opened.get(key)?.[how]();
  if (t !== undefined) tell({ kind: 'turned', key, t });
};

const stop = async (key: number): Promise<void> => {
  const capture = await recordings.get(key);
  // From here on the recording flushes itself, until its files are closed.
  if (capture) wheel.remove(capture);
  const error = await capture?.stop().catch((thrown: unknown) => asSipreelError(thrown).report());
  recordings.delete(key);
  opened.delete(key);
  tell({ kind: 'stopped', key, ...(error ? { error } : {}) });
};

const obey = (message: ToThread): void => {
  switch (message.kind) {
    case 'open':
      recordings.set(message.key, open(message.key, message.recording));
      return;
    case 'expect':
      opened.get(message.key)?.expect(message.track, message.source, message.payloads);
      return;
    case 'update':
      opened.get(message.key)?.update(message.track, message.payloads);
      return;
    case 'start':
      opened.get(message.key)?.start(message.t);
      return;
    case 'pause':
    case 'resume':
      void turn(message.key, message.kind);
      return;
    case 'stop':
      void stop(message.key);
      return;
    default:
      message satisfies never;
  }
};

parentPort?.on('message', obey);
tell({ kind: 'ready' });
