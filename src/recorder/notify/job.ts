import type { JobsOptions } from 'bullmq';
import type { StatusEvent } from '../recording/events.ts';
import type { TraceCarrier } from '../trace-carrier.ts';
import type { Asked } from './order.ts';

/** An event of something else than a recording that a call does, such as calling.call.play. */
export interface CallEvent {
  readonly event_type: string;
  readonly event_channel: string;
  /** The same for each delivery of the same event. */
  readonly event_id: string;
  /** Unix seconds with fractions. */
  readonly timestamp: number;
  readonly project_id: string;
  readonly space_id: string;
  readonly params: Readonly<Record<string, unknown>> & { readonly call_id: string };
}

export const isRecordingEvent = (event: StatusEvent | CallEvent): event is StatusEvent =>
  event.event_type === 'calling.call.record';

/** The data of a job of the status event queue. */
export interface StatusJob {
  readonly event: StatusEvent | CallEvent;
  readonly status_url: string;
  readonly trace?: TraceCarrier;
  /** True for the copy that goes to the URL of all events: it has an id and an order of its own. */
  readonly copy?: true;
  /** When its time began again, because somebody has asked for it: milliseconds since the epoch. */
  readonly since?: number;
  /** Ids of the events that are told before this one, if they can be; those of a recording are known by its states. */
  readonly after?: readonly string[];
  /** What this event has asked of earlier ones, valid until it has had more attempts than `attempt` (see order.ts). */
  readonly asked?: { readonly attempt: number; readonly of: Asked };
}

/** The id of an event's job, or of its copy's. */
export const jobIdOf = (eventId: string, copy: boolean | undefined): string => (copy ? `copy.${eventId}` : eventId);

/** The queue's name; its keys are `<prefix>:queue:status-events:...`. */
export const statusQueueName = 'status-events';

/** The prefix of BullMQ's keys under the registry's prefix. */
export const queuePrefix = (prefix: string): string => `${prefix}:queue`;

/** Sorted set: the ids of a recording's events in the order in which they were owed; kept for as long as dead letters are. */
export const deliveriesKey = (prefix: string, recordingId: string): string => `${prefix}:deliveries:${recordingId}`;

const day = 86_400;

/** How long dead letters can be looked at and tried again, seconds. */
export const deadLetterS = 7 * day;

/**
 * The options of an event's job. The id makes a second job for the same event impossible as long as the first is kept:
 * a day after delivery, less if more than 100,000 events are delivered in that day.
 */
export const statusJobOptions = (jobId: string): JobsOptions => ({
  jobId,
  // The age of the event ends the attempts (see backoff.ts), not their number.
  attempts: Number.MAX_SAFE_INTEGER,
  backoff: { type: 'custom' },
  removeOnComplete: { age: day, count: 100_000 },
  removeOnFail: { age: deadLetterS, count: 100_000 },
  stackTraceLimit: 0,
  keepLogs: 0,
});
