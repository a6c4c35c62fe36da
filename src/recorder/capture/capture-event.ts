import type { ErrorReport } from '../../errors/error.ts';
import type { DigitWay } from '../recording/key-press.ts';
import type { TrackName } from '../recording/parameters.ts';

/** What capture tells of a recording while it lasts. Times are ms (with fractions) on the recording's clock. */
export type CaptureEvent =
  /** The first RTP packet that arrived after start(), of each track. */
  | { readonly event: 'first_packet'; readonly track: TrackName; readonly t: number }
  /** The party pressed a key (0-9 * # A-D); sent when it is up. */
  | {
      readonly event: 'digit';
      readonly digit: string;
      readonly tStart: number;
      readonly tEnd: number;
      readonly via: Exclude<DigitWay, 'info'>;
    }
  /** Somebody began or ceased to speak at t, which is some 60 or 200 ms ago. */
  | { readonly event: 'speech'; readonly track: TrackName; readonly speaking: boolean; readonly t: number }
  /** The disk takes no data (spool_write_failed). Capture goes on in memory and tries again; told once. */
  | { readonly event: 'write_failed'; readonly error: ErrorReport }
  /** Nor does memory any more: sound is lost from here on. Told once. */
  | { readonly event: 'overflowed'; readonly error: ErrorReport }
  /** All that had waited is on the disk; `dropped` datagrams of this recording did not fit into memory so far. */
  | { readonly event: 'write_recovered'; readonly dropped: number }
  /** The thread that captured is gone (capture_died): nothing arrives any more, the spool has what came before. */
  | { readonly event: 'died'; readonly error: ErrorReport };
