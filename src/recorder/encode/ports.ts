import type { StatusEvent } from '../recording/events.ts';
import type { MendedOutcome, RecordingOutcome, RecordingRecord } from '../recording/record.ts';
import type { JournalEntry } from '../spool/journal.ts';

/** What encoding needs of the registry. Each method throws redis_away. */
export interface RegistryPort {
  get(recordingId: string): Promise<RecordingRecord | undefined>;
  /** Enters a record that Redis has lost or never got. */
  adopt(record: RecordingRecord): Promise<boolean>;
  /** Makes the recording terminal; true for the one caller that did. Throws recording_unknown. */
  end(recordingId: string, outcome: RecordingOutcome, journal?: readonly JournalEntry[]): Promise<boolean>;
  /** The file of one that had ended without is there now; false if it is being deleted. Throws recording_unknown. */
  mend(recordingId: string, outcome: MendedOutcome): Promise<boolean>;
}

/** What encoding needs of the notifier. */
export interface NotifierPort {
  /** An event of the same event_id is delivered once. Answers `kept` if it is in memory only so far. */
  owe(event: StatusEvent, statusUrl: string | undefined): Promise<'queued' | 'kept'>;
  /** Owes those of a recording's events that Redis never got, in their order. */
  oweMissing(events: readonly StatusEvent[], statusUrl: string | undefined): Promise<'queued' | 'kept'>;
  /** Resolves when no event of the recording is in memory only any more. */
  settled(recordingId: string): Promise<void>;
}
