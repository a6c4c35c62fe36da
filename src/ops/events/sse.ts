import type { LevelsById } from '../../recorder/control/levels.ts';
import type { FeedEvent } from './event-feed.ts';
import { timeOf } from './stream-id.ts';

/** Which events somebody wants; all without it. */
export interface EventFilter {
  /** call, recording, user: what is before the dot of an event's name. */
  readonly kinds?: readonly string[] | undefined;
  readonly callId?: string | undefined;
}

const parse = (json: string): Readonly<Record<string, unknown>> =>
  JSON.parse(json) as Readonly<Record<string, unknown>>;

/**
 * An event as server-sent events have it (WHATWG HTML §9.2): its id, its name, and its data with the time `at` (Unix
 * seconds); undefined if it is not wanted.
 */
export const writeEvent = ({ id, event, data }: FeedEvent, { kinds, callId }: EventFilter = {}): string | undefined => {
  if (kinds !== undefined && !kinds.includes(event.split('.')[0] ?? '')) return undefined;
  const facts = parse(data);
  if (callId !== undefined && facts.call_id !== callId) return undefined;
  return `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify({ at: timeOf(id), ...facts })}\n\n`;
};

/** What tells a client that it has missed events which nobody can tell any more: it should look at everything anew. */
export const gapEvent = 'event: gap\ndata: {}\n\n';

/** What keeps the way open, and finds out that nobody is there. */
export const keepAlive = ': \n\n';

/** How loud recordings are; without an id, as nobody can go on after it. */
export const writeLevels = (levels: LevelsById): string => `event: levels\ndata: ${JSON.stringify(levels)}\n\n`;
