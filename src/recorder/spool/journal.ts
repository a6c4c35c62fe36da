import type { PayloadMap } from '../../rtp/payload.ts';
import type { RecordCallParameters, TrackName } from '../recording/parameters.ts';
import type { PauseBehavior } from '../recording/pauses.ts';
import type { EndReason, RecordingRecord } from '../recording/record.ts';

export type { PayloadFormat, PayloadMap } from '../../rtp/payload.ts';

/**
 * One line of journal.jsonl. `t` is milliseconds (with fractions) on the recording's clock: the monotonic time since
 * the spool was opened, the same clock as the packet offsets in the tracks.
 */
export type JournalEntry =
  | {
      readonly event: 'opened';
      readonly t: 0;
      readonly at: string;
      readonly record: RecordingRecord;
      /** What record_call was told, with its defaults. */
      readonly parameters?: Omit<RecordCallParameters, 'status_url'>;
    }
  | { readonly event: 'sdp'; readonly t: number; readonly track: TrackName; readonly payloads: PayloadMap }
  /** Sound counts from here: the forks are up and the beep is over. */
  | { readonly event: 'started'; readonly t: number }
  /** Nothing that came from here on was written, until `resumed`. */
  | { readonly event: 'paused'; readonly t: number; readonly behavior: PauseBehavior }
  | { readonly event: 'resumed'; readonly t: number }
  /** The file has silence in the place of this track from `from` to `to`, ms: the party has pressed a key. */
  | {
      readonly event: 'masked';
      readonly t: number;
      readonly track: TrackName;
      readonly from: number;
      readonly to: number;
    }
  /** The party has pressed a key, in another way than by RTP events; which one nobody is told. */
  | { readonly event: 'key'; readonly t: number }
  /** This side holds the call from here on, or does not any more. */
  | { readonly event: 'hold'; readonly t: number; readonly track: TrackName; readonly held: boolean }
  /** Sound counts to here. */
  | { readonly event: 'stopped'; readonly t: number; readonly reason: EndReason }
  /** What capture counted, for people who ask why. */
  | { readonly event: 'captured'; readonly t: number; readonly tracks: Readonly<Record<string, CaptureCounts>> };

/** What capture counted for one track. */
export interface CaptureCounts {
  /** RTP packets that were accepted, without RTCP. */
  readonly packets: number;
  /** Bytes of these packets as datagrams. */
  readonly bytes: number;
  /** Datagrams from an address that is no fork's: dropped. They belong to no track, so every track has the same number. */
  readonly strangers: number;
  /** Datagrams from the fork that are neither RTP nor RTCP, or too long: dropped. */
  readonly malformed: number;
  /** Accepted datagrams that never reached the disk because it was full or away for too long. */
  readonly dropped: number;
  /** RTP packets that were left out because the recording was paused; they are among the accepted ones. */
  readonly paused: number;
}
