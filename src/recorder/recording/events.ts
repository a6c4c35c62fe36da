import type { ErrorReport } from '../../errors/error.ts';
import type { Direction, Format } from './parameters.ts';
import type { PauseBehavior } from './pauses.ts';
import { type EndReason, isTerminal, type RecordingRecord, type TerminalState } from './record.ts';

/** The states that are told to status_url; finishing is ours alone. */
export type StatusState = 'recording' | 'paused' | TerminalState;

/**
 * A status event as it is posted to status_url. url, duration and size stand in two places because consumers of this
 * format read either. Times are Unix seconds with fractions, durations seconds, sizes bytes.
 */
export interface StatusEvent {
  readonly event_type: 'calling.call.record';
  readonly event_channel: string;
  /**
   * The same for each delivery of the same event: `<recording_id>.<state>`, and `.2`, `.3` after it where a recording comes
   * to a state again.
   */
  readonly event_id: string;
  /** 1, 2, 3... in the order in which the events of a recording happened. */
  readonly event_number: number;
  readonly timestamp: number;
  readonly project_id: string;
  readonly space_id: string;
  readonly params: {
    readonly call_id: string;
    readonly node_id: string;
    readonly segment_id: string;
    readonly control_id: string;
    readonly recording_id: string;
    readonly state: StatusState;
    readonly url: string;
    readonly start_time: number;
    readonly duration?: number;
    readonly size?: number;
    readonly end_time?: number;
    readonly end_reason?: EndReason;
    readonly pause_behavior?: PauseBehavior;
    readonly error?: ErrorReport;
    readonly record: {
      readonly url: string;
      readonly format: Format;
      readonly duration?: number;
      readonly size?: number;
      readonly audio: { readonly format: Format; readonly direction: Direction; readonly stereo: boolean };
    };
  };
}

/** What an event can say beside its record. */
export interface StatusContext {
  /** The event's number; by default that of a recording without pauses: 1 for recording, 2 for the others. */
  readonly number?: number;
  /** When it happened, Unix seconds with fractions; the record's start or end by default. */
  readonly timestamp?: number;
  /** The call's segment; the call id by default. */
  readonly segment_id?: string;
  readonly project_id?: string;
  readonly space_id?: string;
  /** Of state paused alone; skip by default. */
  readonly pause_behavior?: PauseBehavior;
}

/** The id of an event, for de-duplication by whoever receives it; `number` is its event_number. */
export const eventId = (recordingId: string, state: StatusState, number: number): string => {
  // The odd ones are recording, the even ones paused, as far as there are any; terminal states come once.
  const occurrence = isTerminal(state) ? 1 : Math.ceil(number / 2);
  return `${recordingId}.${state}${occurrence === 1 ? '' : `.${occurrence}`}`;
};

/** The status event of a recording in a state; end time, reason, duration and size come with terminal states alone. */
export const statusEvent = (record: RecordingRecord, state: StatusState, context: StatusContext = {}): StatusEvent => {
  const ended = isTerminal(state);
  const measured = {
    ...(ended && record.duration !== undefined ? { duration: record.duration } : {}),
    ...(ended && record.size !== undefined ? { size: record.size } : {}),
  };
  const { format, direction, stereo } = record;
  const event_number = context.number ?? (state === 'recording' ? 1 : 2);
  return {
    event_type: 'calling.call.record',
    event_channel: `swml:${record.call_id}`,
    event_id: eventId(record.recording_id, state, event_number),
    event_number,
    timestamp: context.timestamp ?? (ended ? record.end_time : undefined) ?? record.start_time,
    project_id: context.project_id ?? '',
    space_id: context.space_id ?? '',
    params: {
      call_id: record.call_id,
      node_id: record.node_id,
      segment_id: context.segment_id ?? record.call_id,
      control_id: record.control_id,
      recording_id: record.recording_id,
      state,
      url: record.url,
      start_time: record.start_time,
      ...measured,
      ...(ended && record.end_time !== undefined ? { end_time: record.end_time } : {}),
      ...(ended && record.end_reason !== undefined ? { end_reason: record.end_reason } : {}),
      ...(state === 'paused' ? { pause_behavior: context.pause_behavior ?? 'skip' } : {}),
      ...(state === 'error' && record.error !== undefined ? { error: record.error } : {}),
      record: { url: record.url, format, ...measured, audio: { format, direction, stereo } },
    },
  };
};
