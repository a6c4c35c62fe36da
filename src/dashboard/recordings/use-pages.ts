import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from '../api/client.ts';
import { useDesk } from '../api/context.ts';
import type { Recording, RecordingPage } from '../api/types.ts';
import { type Filter, listPath } from './filter.ts';
import { type Found, nothing, withFirst, withNext } from './found.ts';

/** The recordings that were found so far. */
export interface Pages {
  readonly recordings: readonly Recording[];
  /** True if all are here. */
  readonly whole: boolean;
  readonly error?: ApiError | undefined;
  /** Fetches the next page, unless one is on its way. */
  more(): void;
}

const pageSize = 200;
/** Who types is not asked for each key, ms. */
const restMs = 250;
/** A busy server is not asked more often than so, ms. */
const leastMs = 1_500;

export const usePages = (filter: Filter): Pages => {
  const { client, live } = useDesk();
  const [found, setFound] = useState<Found>(nothing);
  const state = useRef(found);
  state.current = found;
  const asking = useRef<AbortController | undefined>(undefined);

  const fetchPage = useCallback(
    async (first: boolean): Promise<void> => {
      if (!first && (asking.current !== undefined || state.current.whole)) return;
      asking.current?.abort();
      const attempt = new AbortController();
      asking.current = attempt;
      try {
        const cursor = first ? undefined : state.current.next;
        const page = await client.get<RecordingPage>(listPath(filter, pageSize, cursor), attempt.signal);
        if (attempt.signal.aborted) return;
        setFound((was) => (first ? withFirst(was, page) : withNext(was, page)));
      } catch (error) {
        if (!attempt.signal.aborted && error instanceof ApiError) setFound((was) => ({ ...was, whole: true, error }));
      } finally {
        if (asking.current === attempt) asking.current = undefined;
      }
    },
    [client, filter],
  );

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let askedAt = 0;
    const askIn = (ms: number): void => {
      timer ??= setTimeout(() => {
        timer = undefined;
        askedAt = Date.now();
        void fetchPage(true);
      }, ms);
    };
    askIn(state.current === nothing ? 0 : restMs);
    setFound(nothing);
    const unlisten = live.onChange((event) => {
      if (!event.startsWith('recording.') && event !== 'gap' && event !== 'connected') return;
      askIn(Math.max(restMs, askedAt + leastMs - Date.now()));
    });
    return () => {
      clearTimeout(timer);
      unlisten();
      asking.current?.abort();
      asking.current = undefined;
    };
  }, [fetchPage, live]);

  return { recordings: found.recordings, whole: found.whole, error: found.error, more: () => void fetchPage(false) };
};
