import type { ErrorReport } from '../../errors/error.ts';
import type { Direction, Format } from './parameters.ts';
import type { PauseBehavior } from './pauses.ts';

/** Why a recording ended; the same word in variable, event, API and log. */
export type EndReason = 'stop' | 'terminator' | 'max_length' | 'end_silence' | 'initial_timeout' | 'hangup' | 'error';

/** finished, no_input and error are terminal and are reached exactly once. */
export type TerminalState = 'finished' | 'no_input' | 'error';

export type RecordingState = 'recording' | 'paused' | 'finishing' | TerminalState;

export const isTerminal = (state: RecordingState): state is TerminalState =>
  state === 'finished' || state === 'no_input' || state === 'error';

/** A recording as the catalogue keeps it. Times are Unix seconds with fractions, lengths seconds, sizes bytes. */
export interface RecordingRecord {
  readonly recording_id: string;
  readonly call_id: string;
  readonly control_id: string;
  readonly node_id: string;
  readonly state: RecordingState;
  readonly format: Format;
  readonly direction: Direction;
  readonly stereo: boolean;
  /** record_call_url: known at the start, playable once the state is terminal. */
  readonly url: string;
  readonly from: string;
  readonly to: string;
  /** The trunk that the call came from, where it is known. */
  readonly trunk?: string;
  readonly status_url?: string;
  readonly start_time: number;
  /** Of a recording that is paused: since when, and what that leaves in the file. */
  readonly paused_at?: number;
  readonly pause_behavior?: PauseBehavior;
  readonly end_time?: number;
  readonly end_reason?: EndReason;
  readonly duration?: number;
  readonly size?: number;
  readonly channels?: number;
  /** Where the file is in storage: an absolute path, or `s3://bucket/key`. */
  readonly file?: string;
  readonly error?: ErrorReport;
  /** When its file was made after all, of a recording that had ended as an error without one; the state stays as it was told. */
  readonly mended_at?: number;
  /** Nothing deletes it. */
  readonly hold?: Hold;
  /** It is being deleted: nobody hears it any more. */
  readonly deleting?: Deletion;
}

/** Why a recording is not to be deleted. */
export interface Hold {
  readonly reason: string;
  /** Unix seconds with fractions. */
  readonly at: number;
  /** Who wants it so, such as the name of a key. */
  readonly by: string;
}

/** Why a recording is deleted. */
export interface Deletion {
  readonly why: 'request' | 'age';
  /** Unix seconds with fractions. */
  readonly at: number;
  /** Who has asked for it, such as the name of a key; the node that found it too old. */
  readonly by: string;
}

/** What the end of a recording adds to its record. */
export interface RecordingOutcome {
  readonly state: TerminalState;
  readonly end_reason: EndReason;
  readonly end_time: number;
  readonly duration: number;
  readonly size: number;
  readonly channels: number;
  readonly file?: string;
  readonly error?: ErrorReport;
}

/** What a file that was made after all adds to the record of a recording that had ended without one. */
export type MendedOutcome = Omit<RecordingOutcome, 'state'> & Required<Pick<RecordingRecord, 'mended_at'>>;

/** A record for whoever may not use its URLs, or keeps it for longer than they last. */
export const withoutUrls = (record: RecordingRecord): Omit<RecordingRecord, 'url' | 'status_url'> => {
  const { url, status_url, ...rest } = record;
  return rest;
};
