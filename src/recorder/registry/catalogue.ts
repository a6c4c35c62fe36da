import type { Redis } from 'ioredis';
import { SipreelError } from '../../errors/error.ts';
import type { RecordingRecord, RecordingState } from '../recording/record.ts';
import type { RegistryKeys } from './keys.ts';
import { partyNumber } from './party-number.ts';
import { withRedis } from './redis-failure.ts';
import { loadScript } from './script.ts';

/** What recordings have to have in common; all that is given has to fit. */
export interface RecordingFilter {
  readonly call?: string | undefined;
  readonly state?: RecordingState | undefined;
  /** A number or a URI, of which the number counts (see partyNumber). */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly trunk?: string | undefined;
  /** True for those that are held. */
  readonly held?: true | undefined;
  /** Started then or later, Unix seconds. */
  readonly since?: number | undefined;
  /** Started then or before, Unix seconds. */
  readonly until?: number | undefined;
}

export interface PageRequest {
  readonly limit: number;
  /** `next` of the page before. */
  readonly cursor?: string | undefined;
  readonly filter?: RecordingFilter | undefined;
}

/** A page may hold less than its limit, and yet not be the last. */
export interface RecordingPage {
  /** Newest first. */
  readonly recordings: readonly RecordingRecord[];
  /** The cursor of the next page; undefined if this is the last. */
  readonly next?: string;
}

/** How many recordings one question looks at: some milliseconds of Redis' time. */
const lookAtMost = 2_000;

const pageScript = loadScript('page');

/** The indexes that a recording is in, whatever becomes of it. */
export const lastingIndexes = (keys: RegistryKeys, record: RecordingRecord): readonly string[] => [
  keys.catalogue,
  keys.with.call(record.call_id),
  keys.with.from(partyNumber(record.from)),
  keys.with.to(partyNumber(record.to)),
  ...(record.trunk === undefined ? [] : [keys.with.trunk(record.trunk)]),
];

const indexesOf = (keys: RegistryKeys, { call, state, from, to, trunk, held }: RecordingFilter): readonly string[] => {
  const asked = [
    ...(call === undefined ? [] : [keys.with.call(call)]),
    ...(state === undefined ? [] : [keys.with.state(state)]),
    ...(from === undefined ? [] : [keys.with.from(partyNumber(from))]),
    ...(to === undefined ? [] : [keys.with.to(partyNumber(to))]),
    ...(trunk === undefined ? [] : [keys.with.trunk(trunk)]),
    ...(held === undefined ? [] : [keys.held]),
  ];
  return asked.length === 0 ? [keys.catalogue] : asked;
};

/** Where a page ended: a start time as Redis writes it, and a recording id. */
const writeCursor = (time: string, id: string): string => Buffer.from(`${time} ${id}`).toString('base64url');

const readCursor = (cursor: string): readonly [string, string] => {
  const [, time, id] = /^([0-9.e+-]+) ([^\0]+)$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (time === undefined || id === undefined || !Number.isFinite(Number(time))) {
    throw new SipreelError('cursor_invalid', `${JSON.stringify(cursor.slice(0, 100))} is no cursor of a list`);
  }
  return [time, id];
};

/**
 * A page of the recordings that fit the filter. Throws cursor_invalid, redis_away or redis_refused.
 * @param getAll the records of these ids, without those that are gone meanwhile.
 */
export const listPage = async (
  redis: Redis,
  keys: RegistryKeys,
  getAll: (recordingIds: readonly string[]) => Promise<readonly RecordingRecord[]>,
  { limit, cursor, filter = {} }: PageRequest,
): Promise<RecordingPage> => {
  if (limit < 1) return { recordings: [] };
  const { since = '-inf', until = '+inf' } = filter;
  const [time, id] = cursor === undefined ? ['', ''] : readCursor(cursor);
  const oldest = since === '-inf' ? Number.MIN_SAFE_INTEGER : since;
  const answer = await withRedis(() =>
    pageScript(redis, indexesOf(keys, filter), [Math.floor(limit), oldest, until, time, id, lookAtMost]),
  );
  const [nextTime = '', nextId = '', ...ids] = Array.isArray(answer) ? answer.map(String) : [];
  const recordings = await getAll(ids);
  return { recordings, ...(nextId === '' ? {} : { next: writeCursor(nextTime, nextId) }) };
};
