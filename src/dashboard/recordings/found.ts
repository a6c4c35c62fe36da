import type { ApiError } from '../api/client.ts';
import type { Recording, RecordingPage } from '../api/types.ts';

/** What a search has found so far. */
export interface Found {
  readonly recordings: readonly Recording[];
  /** Where the next page begins, if there is one. */
  readonly next?: string | undefined;
  /** True if no page is to be fetched: all are here, or the last one could not be had. */
  readonly whole: boolean;
  readonly error?: ApiError | undefined;
}

export const nothing: Found = { recordings: [], whole: false };

/** With the page that comes after. */
export const withNext = (found: Found, { recordings, next }: RecordingPage): Found => ({
  recordings: [...found.recordings, ...recordings],
  next,
  whole: next === undefined,
});

/** The first page with what is new in it; those behind it stay as they are, and are fetched on if one could not be had. */
export const withFirst = (found: Found, page: RecordingPage): Found => {
  const last = page.recordings.at(-1);
  const known =
    last === undefined ? -1 : found.recordings.findIndex(({ recording_id }) => recording_id === last.recording_id);
  if (known < 0) return withNext(nothing, page);
  const { next } = found;
  return { recordings: [...page.recordings, ...found.recordings.slice(known + 1)], next, whole: next === undefined };
};
