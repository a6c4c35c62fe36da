import { Readable } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { SipreelError } from '../../errors/error.ts';
import type { Logger } from '../../log.ts';
import { type FfmpegOptions, resolveFfmpeg } from '../encode/ffmpeg-binary.ts';
import type { RecordingRecord } from '../recording/record.ts';
import type { ActiveRecording } from '../running-recording.ts';
import type { LiveFormat } from './live-bytes.ts';
import type { FromLiveThread, LiveSettings, ToLiveThread } from './live-messages.ts';

export type { LiveFormat } from './live-bytes.ts';

/** How a recording in progress is listened to. */
export interface LiveRequest {
  /** From its begin, or what is said from now on. */
  readonly from: 'start' | 'now';
  readonly format: LiveFormat;
}

export interface LiveOptions {
  readonly nodeId: string;
  /** A recording that this process captures, or captured until a moment ago. */
  readonly find: (recordingId: string) => Promise<ActiveRecording> | undefined;
  /** Listeners at the same time; each has a thread, and MP3 an ffmpeg. */
  readonly mostListeners: number;
  /** Looked for when MP3 is asked for. */
  readonly ffmpeg: FfmpegOptions;
  /** Milliseconds in which a listener has to take something, or is cut off. Default: 60,000. */
  readonly stallMs?: number;
  readonly log: Logger;
}

/** Lets recordings in progress be heard; what a listener does or fails to do never touches a recording. */
export interface Live {
  /**
   * A recording's sound, less than a second behind, until it ends; destroying the stream ends it before. Undefined if it has
   * ended.
   * @throws SipreelError recording_elsewhere, live_refused for a recording whose keys are masked, live_limit, ffmpeg_missing
   */
  listen(record: RecordingRecord, request: LiveRequest): Promise<Readable | undefined>;
  /** How many listen now. */
  listeners(): number;
  /** Idempotent: cuts all of them off; resolves when their threads are gone. */
  close(): Promise<void>;
}

/** Bytes that a listener may be behind in memory; the rest waits on the disk. */
const bufferBytes = 64 * 1024;

/** What a listener's thread needs is a few MB. */
const mostMegabytes = 128;

/** Listeners of one node's recordings. */
export const createLive = (options: LiveOptions): Live => {
  const { mostListeners, ffmpeg, stallMs = 60_000, log } = options;
  const threads = new Map<Worker, Readable>();
  let closing = false;

  const listenTo = (recording: ActiveRecording, settings: LiveSettings): Readable => {
    const worker = new Worker(new URL('./live-thread.js', import.meta.url), {
      workerData: settings,
      name: 'sipreel-live',
      resourceLimits: { maxOldGenerationSizeMb: mostMegabytes },
    });
    let timer: NodeJS.Timeout | undefined;
    const post = (message: ToLiveThread): void => worker.postMessage(message);
    const stream = new Readable({
      highWaterMark: bufferBytes,
      read() {
        clearTimeout(timer);
        post('more');
      },
      destroy(error, done) {
        clearTimeout(timer);
        post('close');
        done(error);
      },
    });
    threads.set(worker, stream);

    worker.on('message', (message: FromLiveThread) => {
      switch (message.kind) {
        case 'bytes':
          // It was on its way when the listener went.
          if (stream.destroyed) return;
          stream.push(message.bytes);
          clearTimeout(timer);
          // Sound that nobody takes while more of it comes: whoever it is has gone without a word.
          timer = setTimeout(() => stream.destroy(), stallMs);
          return;
        case 'end':
          stream.push(null);
          return;
        case 'failed':
          stream.destroy(new SipreelError(message.error.code, message.error.message));
          return;
        default:
          message satisfies never;
      }
    });
    worker.on('error', (err) => stream.destroy(err));
    worker.on('exit', () => {
      threads.delete(worker);
      // It has said why, or it was the listener who went.
      if (!stream.readableEnded && !stream.destroyed) stream.push(null);
    });
    stream.once('error', (err) =>
      log.warn({ call_id: recording.callId, recording_id: recording.id, err }, 'a listener was cut off'),
    );
    return stream;
  };

  return {
    async listen(record, { from, format }) {
      const id = record.recording_id;
      // One that could not be started has told so where it was started.
      const recording = await options.find(id)?.catch(() => undefined);
      if (recording === undefined && record.node_id !== options.nodeId) {
        throw new SipreelError('recording_elsewhere', `recording ${id} goes on at node ${record.node_id}`);
      }
      if (recording === undefined || recording.ended()) return undefined;
      if (recording.masksDigits) {
        throw new SipreelError(
          'live_refused',
          `recording ${id} masks digits, which is done when a key is up again: heard live, they would be in it`,
        );
      }
      const program = format === 'mp3' ? (await resolveFfmpeg(ffmpeg)).ffmpeg : '';
      if (threads.size >= mostListeners || closing) {
        throw new SipreelError('live_limit', `${threads.size} listen to recordings in progress, and no more may`);
      }
      const { dir, epoch } = recording.spool;
      log.info(
        { call_id: record.call_id, recording_id: id, from, format },
        'somebody listens to a recording in progress',
      );
      return listenTo(recording, { dir, epoch, from, format, ffmpeg: program });
    },
    listeners: () => threads.size,
    async close() {
      closing = true;
      await Promise.all(
        [...threads].map(([worker, stream]) => {
          stream.destroy();
          return worker.terminate();
        }),
      );
    },
  };
};
