import { SipreelError } from '../../errors/error.ts';
import type { PauseBehavior } from '../recording/pauses.ts';
import type {
  Deletion,
  EndReason,
  Hold,
  MendedOutcome,
  RecordingOutcome,
  RecordingRecord,
  RecordingState,
} from '../recording/record.ts';

/** Why and when capture ended. */
export interface Ending {
  readonly end_reason: EndReason;
  /** Unix seconds with fractions. */
  readonly end_time: number;
}

/** The pause that lasts. */
export interface PauseFacts {
  /** Unix seconds with fractions. */
  readonly paused_at: number;
  readonly pause_behavior: PauseBehavior;
}

/**
 * A recording in Redis is a hash: `state` and `pause` (empty where there is none), which Lua checks and sets; `record`, what
 * was known at the start; `ending`, `outcome`, `mended`, `hold`, `deleting` and `moved` (where its file went), what came later,
 * each of a piece. Nothing is ever read to be written back.
 */
export const recordFields = [
  ...(['state', 'record', 'ending', 'outcome', 'mended'] as const),
  ...(['pause', 'moved', 'hold', 'deleting'] as const),
] as const;

const states: readonly RecordingState[] = ['recording', 'paused', 'finishing', 'finished', 'no_input', 'error'];

const isState = (text: unknown): text is RecordingState => states.some((state) => state === text);

const parsed = <T>(json: string | null | undefined): Partial<T> =>
  json == null || json === '' ? {} : (JSON.parse(json) as Partial<T>);

/** The record of the values of recordFields, undefined if there is none. Throws record_damaged. */
export const recordOf = (
  recordingId: string,
  [state, record, ending, outcome, mended, pause, moved, hold, deleting]: readonly (string | null)[],
): RecordingRecord | undefined => {
  if (state == null && record == null) return undefined;
  try {
    const known = parsed<RecordingRecord>(record);
    if (!isState(state)) throw new TypeError(`no state "${state}"`);
    if (known.recording_id !== recordingId) throw new TypeError(`its recording_id is "${known.recording_id}"`);
    return {
      ...(known as RecordingRecord),
      ...(state === 'paused' ? parsed<PauseFacts>(pause) : {}),
      ...parsed<Ending>(ending),
      ...parsed<RecordingOutcome>(outcome),
      ...parsed<MendedOutcome>(mended),
      ...parsed<{ readonly file: string }>(moved),
      ...(hold == null ? {} : { hold: JSON.parse(hold) as Hold }),
      ...(deleting == null ? {} : { deleting: JSON.parse(deleting) as Deletion }),
      state,
    };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SipreelError('record_damaged', `The record of ${recordingId} in Redis cannot be read: ${why}`, { cause });
  }
};
