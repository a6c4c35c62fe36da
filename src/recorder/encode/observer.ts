import type { ErrorCode } from '../../errors/registry.ts';
import type { Format } from '../recording/parameters.ts';
import type { RecordingOutcome, RecordingRecord } from '../recording/record.ts';
import type { TraceCarrier } from '../trace-carrier.ts';
import type { TrackReports } from './rendering.ts';

/** Runs a job that makes a recording's file, for traces. */
export type AroundJob = <T>(
  job: { readonly recording_id: string; readonly trace?: TraceCarrier | undefined },
  work: () => Promise<T>,
) => Promise<T>;

/** Who is told of what becomes of recordings that have ended, for figures. */
export interface EncodeObserver {
  /** What was heard of a recording's packets, as soon as its file is whole. */
  rendered(reports: TrackReports): void;
  /** Its file is in storage and everyone knows. */
  stored(record: { readonly recording_id: string; readonly format: Format }, tookMs: number): void;
  /** A try has failed; most are followed by another one. */
  failed(recordingId: string, code: ErrorCode): void;
  /** It has come to its end, once: with a file, or without. */
  ended(record: RecordingRecord, outcome: RecordingOutcome): void;
}
