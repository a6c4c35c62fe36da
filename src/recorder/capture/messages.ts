import type { ErrorReport } from '../../errors/error.ts';
import type { PayloadMap } from '../../rtp/payload.ts';
import type { TrackName } from '../recording/parameters.ts';
import type { CaptureEvent } from './capture-event.ts';
import type { Counters } from './counters.ts';
import type { KnownSource } from './sources.ts';
import type { StrainMemory } from './strain.ts';

/** What a capture thread is given when it is started. */
export interface ThreadSettings {
  /** IP address that the sockets are bound to. */
  readonly address: string;
  /** A batch is written this often, in ms. */
  readonly flushMs: number;
  /** What a recording may keep in memory while the disk takes nothing. */
  readonly memoryLimitBytes: number;
  /** How long the last write of a recording is tried, in ms. */
  readonly lastWriteMs: number;
  /** Where the thread tells how hard it is to keep up. */
  readonly strain?: StrainMemory;
}

/** One recording as its thread has to know it. */
export interface RecordingSettings {
  readonly recordingId: string;
  readonly dir: string;
  readonly tracks: readonly TrackName[];
  /** Tracks that are analysed live and not written. */
  readonly watched: readonly TrackName[];
  /** process.hrtime.bigint() at time 0. */
  readonly epoch: bigint;
  readonly counters: Counters;
  readonly voice?: { readonly sensitivity: number; readonly tracks: readonly TrackName[] };
  readonly digits: boolean;
  readonly tones: boolean;
}

/** From the main thread; `key` names the recording on this thread. */
export type ToThread =
  | { readonly kind: 'open'; readonly key: number; readonly recording: RecordingSettings }
  | {
      readonly kind: 'expect';
      readonly key: number;
      readonly track: TrackName;
      readonly source: KnownSource;
      readonly payloads: PayloadMap;
    }
  | { readonly kind: 'update'; readonly key: number; readonly track: TrackName; readonly payloads: PayloadMap }
  | { readonly kind: 'start'; readonly key: number; readonly t: number }
  | { readonly kind: 'pause' | 'resume'; readonly key: number }
  | { readonly kind: 'stop'; readonly key: number };

/** From a capture thread. Nothing is ever sent for a packet. */
export type FromThread =
  | { readonly kind: 'ready' }
  | { readonly kind: 'opened'; readonly key: number; readonly port: number }
  | { readonly kind: 'open_failed'; readonly key: number; readonly error: ErrorReport }
  | { readonly kind: 'event'; readonly key: number; readonly event: CaptureEvent }
  /** The last pause or resume is in force, from t on. */
  | { readonly kind: 'turned'; readonly key: number; readonly t: number }
  | { readonly kind: 'socket_error'; readonly key: number; readonly message: string }
  | { readonly kind: 'stopped'; readonly key: number; readonly error?: ErrorReport };
