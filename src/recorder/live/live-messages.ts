import type { ErrorReport } from '../../errors/error.ts';
import type { LiveFormat } from './live-bytes.ts';

/** What the thread of one listener is told when it starts. */
export interface LiveSettings {
  readonly dir: string;
  /** process.hrtime.bigint() at time 0 of the recording's clock. */
  readonly epoch: bigint;
  readonly from: 'start' | 'now';
  readonly format: LiveFormat;
  /** Absolute path of ffmpeg. */
  readonly ffmpeg: string;
}

/** The listener takes another piece, or has gone. */
export type ToLiveThread = 'more' | 'close';

/** A piece of the stream; its end; or why there is no more of it. */
export type FromLiveThread =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'end' }
  | { readonly kind: 'failed'; readonly error: ErrorReport };
