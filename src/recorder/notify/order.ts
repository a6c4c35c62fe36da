import { eventId, type StatusState } from '../recording/events.ts';
import { isTerminal } from '../recording/record.ts';

/** An earlier event of the same recording, as its job says. */
export interface EarlierEvent {
  readonly event_id: string;
  /** trying: an attempt is under way or due at once. waiting: the last one failed, the next is planned. */
  readonly state: 'settled' | 'trying' | 'waiting';
  /** Attempts that failed. */
  readonly attempts: number;
}

/** How many attempts the earlier events had had when one more was asked for, by event id. */
export type Asked = Readonly<Record<string, number>>;

/** What to do with an event whose turn it might be. */
export type Turn =
  | { readonly do: 'send' }
  /**
   * Looks again after `ms`, unless it is woken; the events named in `advance` are to be tried right now, before this
   * one, and `asked` is to be remembered until this one was tried.
   */
  | { readonly do: 'wait'; readonly ms: number; readonly advance: readonly string[]; readonly asked: Asked };

const shortestMs = 200;
const longestMs = 30_000;

/** What tells an event from the others of its recording. */
interface EventName {
  readonly recording_id: string;
  readonly state: StatusState;
  readonly number: number;
}

/** The event of a recording that goes on: recording and paused take turns. */
const goingOn = (recordingId: string, number: number): string =>
  eventId(recordingId, number % 2 === 1 ? 'recording' : 'paused', number);

/** How many earlier events one waits for: each of them waits for those before it in turn. */
const lookedBack = 4;

/** The ids of the events that are told before this one, the nearest first. */
export const eventsBefore = ({ recording_id, number }: EventName): readonly string[] =>
  Array.from({ length: Math.min(lookedBack, number - 1) }, (_, i) => goingOn(recording_id, number - 1 - i));

/** The ids of the events that may wait for this one to be told. */
export const eventsAfter = ({ recording_id, state, number }: EventName): readonly string[] =>
  isTerminal(state)
    ? []
    : [
        goingOn(recording_id, number + 1),
        ...(['finished', 'no_input', 'error'] as const).map((end) => eventId(recording_id, end, number + 1)),
      ];

/**
 * Whether an event may be sent: after the earlier ones of its recording, if the endpoint takes them. When its patience
 * ends, each attempt of this one follows right after one more attempt of theirs: an endpoint that was dead sees them in
 * order when it is back, and one that refuses only the earlier ones still gets this one.
 */
export const turnOf = (
  earlier: readonly EarlierEvent[],
  asked: Asked,
  { waitedMs, patienceMs }: { readonly waitedMs: number; readonly patienceMs: number },
): Turn => {
  const owed = earlier.filter((event) => event.state !== 'settled');
  if (owed.length === 0) return { do: 'send' };

  const ms = Math.min(longestMs, Math.max(shortestMs, Math.round(waitedMs / 4)));
  const patienceLeft = patienceMs - waitedMs;
  if (patienceLeft > 0) return { do: 'wait', ms: Math.min(ms, patienceLeft), advance: [], asked };

  const untried = owed.filter((event) => event.attempts <= (asked[event.event_id] ?? Number.POSITIVE_INFINITY));
  if (untried.length === 0 && owed.every((event) => event.state === 'waiting')) return { do: 'send' };
  return {
    do: 'wait',
    ms,
    advance: untried.filter((event) => event.state === 'waiting').map((event) => event.event_id),
    asked: { ...Object.fromEntries(owed.map((event) => [event.event_id, event.attempts])), ...asked },
  };
};
