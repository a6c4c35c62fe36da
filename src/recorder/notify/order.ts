import type { StatusState } from '../recording/events.ts';

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

const states: readonly StatusState[] = ['recording', 'paused', 'finished', 'no_input', 'error'];

/** The states that are told before this one, if they are told at all. */
export const statesBefore = (state: StatusState): readonly StatusState[] => {
  switch (state) {
    case 'recording':
      return [];
    case 'paused':
      return ['recording'];
    case 'finished':
    case 'no_input':
    case 'error':
      return ['recording', 'paused'];
  }
};

/** The states that may wait for this one to be told. */
export const statesAfter = (state: StatusState): readonly StatusState[] =>
  states.filter((other) => statesBefore(other).includes(state));

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
