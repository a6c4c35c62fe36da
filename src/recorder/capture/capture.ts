import { setTimeout as sleep } from 'node:timers/promises';
import { SipreelError } from '../../errors/error.ts';
import type { Logger } from '../../log.ts';
import type { TrackName } from '../recording/parameters.ts';
import { spoolDir } from '../spool/layout.ts';
import { type CaptureHandle, openOnThread } from './capture-handle.ts';
import { type CaptureThread, type StartWorker, startCaptureThread, startWorker } from './capture-thread.ts';
import { createMonotonicClock } from './clock.ts';
import { type CountsByTrack, createCounters, readCounts } from './counters.ts';
import type { ThreadSettings } from './messages.ts';
import { createStrainMemory, readStrain, type Strain } from './strain.ts';

export type { CaptureEvent } from './capture-event.ts';
export type { CaptureHandle, CaptureListener, CaptureResult } from './capture-handle.ts';

export interface CaptureOptions {
  /** The directory of all spools. */
  readonly spoolRoot: string;
  readonly log: Logger;
  /**
   * Threads that receive. One carries some 1,000 recordings on one core; with two, a thread that dies takes only half of
   * them along. Default 2.
   */
  readonly threads?: number;
  /** The local IP address that forks are received on. Default 127.0.0.1. */
  readonly address?: string;
  /** Each recording is written to disk this often, in ms; at most 500. Default 450. */
  readonly flushMs?: number;
  /** What one recording keeps in memory while the disk takes nothing, in bytes. Default 16 MiB: 14 minutes of G.711. */
  readonly memoryLimitBytes?: number;
  /** How long stop() tries to write what is left, in ms. Default 300,000: a disk may be full for a while. */
  readonly lastWriteMs?: number;
  /** How long close() lets recordings write what is left, in ms. Default 5000. */
  readonly closeMs?: number;
  /** For tests. */
  readonly startWorker?: StartWorker;
}

/** A recording to capture; its spool exists already. */
export interface CaptureRequest {
  readonly recordingId: string;
  readonly tracks: readonly TrackName[];
  /**
   * Tracks that are only listened to: their packets are counted and analysed and never reach the disk, so that nothing is
   * recorded that nobody asked for. By default none.
   */
  readonly watch?: readonly TrackName[];
  /** process.hrtime.bigint() at time 0 of the recording's clock. */
  readonly epoch: bigint;
  /** The recording's own log. Default: capture's, with the recording's id. */
  readonly log?: Logger;
  /** Listens for voices on the named tracks, by default on all that are written; sensitivity is input_sensitivity, 0..100. */
  readonly vad?: { readonly sensitivity: number; readonly tracks?: readonly TrackName[] };
  /** Listens for digits (RFC 4733) on the speak track: those are the party's. */
  readonly digits?: boolean;
  /** Listens for digits that are tones in the sound of the speak track, where that is G.711. */
  readonly tones?: boolean;
}

/** Sums over all recordings since the start. */
export interface CaptureStats {
  /** Being captured now. */
  readonly recordings: number;
  readonly packets: number;
  readonly bytes: number;
  readonly strangers: number;
  readonly malformed: number;
  readonly dropped: number;
  readonly threads: readonly {
    readonly alive: boolean;
    readonly recordings: number;
    readonly activeMs: number;
    readonly idleMs: number;
    readonly strain: Strain;
  }[];
}

/** RTP in, spool out, on threads of its own. */
export interface Capture {
  /** Resolves when all threads run. @throws SipreelError capture_died */
  start(): Promise<void>;
  /**
   * Opens a recording's port and track files on the thread that has the fewest recordings.
   * @throws SipreelError recording_id_invalid, capture_open_failed, capture_died, capture_closed, spool_open_failed
   */
  open(request: CaptureRequest): Promise<CaptureHandle>;
  stats(): CaptureStats;
  /** Idempotent: stops all recordings as stop() does, though not for longer than closeMs, then the threads. */
  close(): Promise<void>;
}

type Sums = Omit<CaptureStats, 'recordings' | 'threads'>;

const nothing: Sums = { packets: 0, bytes: 0, strangers: 0, malformed: 0, dropped: 0 };

export const createCapture = (options: CaptureOptions): Capture => {
  const { log } = options;
  const settings: ThreadSettings = {
    address: options.address ?? '127.0.0.1',
    flushMs: options.flushMs ?? 450,
    memoryLimitBytes: options.memoryLimitBytes ?? 16 * 1024 * 1024,
    lastWriteMs: options.lastWriteMs ?? 300_000,
  };
  const threads: (CaptureThread | undefined)[] = Array.from({ length: Math.max(1, options.threads ?? 2) });
  const strains = threads.map(createStrainMemory);
  const clock = createMonotonicClock();
  const live = new Map<Promise<CaptureHandle>, () => CountsByTrack>();
  let past = nothing;
  let closing: Promise<void> | undefined;

  const threadAt = (slot: number): CaptureThread => {
    const present = threads[slot];
    if (present?.alive) return present;
    const strain = createStrainMemory();
    strains[slot] = strain;
    const thread = startCaptureThread(
      (options.startWorker ?? startWorker)({ ...settings, strain }),
      (err, recordings) => {
        log.error({ err, thread: slot, recordings }, 'a capture thread died, the next recording starts a new one');
      },
    );
    threads[slot] = thread;
    return thread;
  };

  const leastLoaded = (): CaptureThread => {
    const loads = threads.map((thread) => (thread?.alive ? thread.load : 0));
    return threadAt(loads.indexOf(Math.min(...loads)));
  };

  const close = async (): Promise<void> => {
    const stopped = Promise.all(
      [...live.keys()].map((handle) =>
        // One that could not be opened has nothing to stop, and its caller was told.
        handle.then((opened) => opened.stop()).catch(() => undefined),
      ),
    );
    const waited = new AbortController();
    await Promise.race([stopped, sleep(options.closeMs ?? 5000, undefined, { signal: waited.signal })]);
    waited.abort();
    if (live.size > 0) log.error({ recordings: live.size }, 'the disk takes nothing: what was left in memory is lost');
    await Promise.all(threads.map((thread) => thread?.close()));
  };

  return {
    async start() {
      await Promise.all(threads.map((_, slot) => threadAt(slot).ready));
    },
    async open(request) {
      if (closing !== undefined) throw new SipreelError('capture_closed', 'capture takes no more recordings');
      const { recordingId, tracks, watch = [], epoch, vad } = request;
      const heard = [...tracks, ...watch];
      const counters = createCounters(heard.length);
      const handle = openOnThread(
        leastLoaded(),
        {
          recordingId,
          dir: spoolDir(options.spoolRoot, recordingId),
          tracks,
          watched: watch,
          epoch,
          counters,
          digits: request.digits === true,
          tones: request.tones === true,
          ...(vad ? { voice: { sensitivity: vad.sensitivity, tracks: vad.tracks ?? tracks } } : {}),
        },
        {
          log: request.log ?? log.child({ recording_id: recordingId }),
          onEnd(counts) {
            past = sum(past, counts);
            live.delete(handle);
          },
        },
      );
      live.set(handle, () => readCounts(counters, heard));
      return handle;
    },
    stats() {
      return {
        recordings: live.size,
        ...[...live.values()].reduce((sums, counts) => sum(sums, counts()), past),
        threads: threads.map((thread, slot) => ({
          alive: thread?.alive === true,
          recordings: thread?.load ?? 0,
          ...(thread?.times() ?? { activeMs: 0, idleMs: 0 }),
          strain: readStrain(strains[slot] ?? createStrainMemory(), clock()),
        })),
      };
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
};

const sum = (sums: Sums, counts: CountsByTrack): Sums => {
  const tracks = Object.values(counts);
  const of = (count: 'packets' | 'bytes' | 'malformed' | 'dropped'): number =>
    sums[count] + tracks.reduce((total, track) => total + track[count], 0);
  return {
    packets: of('packets'),
    bytes: of('bytes'),
    malformed: of('malformed'),
    dropped: of('dropped'),
    // Strangers are the recording's: each track has the same number.
    strangers: sums.strangers + (tracks[0]?.strangers ?? 0),
  };
};
