import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from './client.ts';
import { useDesk } from './context.ts';

/** Something of the API: as it was last heard, and what went wrong since. */
export interface Fetched<Answer> {
  readonly answer?: Answer | undefined;
  readonly error?: ApiError | undefined;
  /** Asks again now; quickly repeated ones become one. */
  again(): void;
}

/** Changes that come in a row are looked at together, ms. */
const gatherMs = 250;
/** On a busy server something changes all the time: it is not asked more often than so, ms. */
const leastMs = 1_500;

/**
 * Keeps what is at a path: asked for at the first time, when an event comes that `changes` says true for (soon, and seldom on a
 * busy server), and each `everyMs`.
 * With an undefined path nothing is asked for.
 */
export const useFetched = <Answer>(
  path: string | undefined,
  {
    changes,
    everyMs,
  }: { readonly changes?: (event: string, recordingId?: string) => boolean; readonly everyMs?: number } = {},
): Fetched<Answer> => {
  const { client, live } = useDesk();
  const [state, setState] = useState<{ path?: string; answer?: Answer; error?: ApiError }>({});
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const askedAt = useRef(0);
  const asking = useRef<AbortController | undefined>(undefined);
  const matters = useRef(changes);
  matters.current = changes;

  const ask = useCallback(async (): Promise<void> => {
    if (path === undefined) return;
    asking.current?.abort();
    askedAt.current = Date.now();
    const attempt = new AbortController();
    asking.current = attempt;
    try {
      const answer = await client.get<Answer>(path, attempt.signal);
      if (!attempt.signal.aborted) setState({ path, answer });
    } catch (error) {
      if (!attempt.signal.aborted && error instanceof ApiError)
        setState((was) => ({ ...(was.path === path ? was : {}), path, error }));
    }
  }, [client, path]);

  const again = useCallback((): void => {
    if (timer.current !== undefined) return;
    timer.current = setTimeout(
      () => {
        timer.current = undefined;
        void ask();
      },
      Math.max(gatherMs, askedAt.current + leastMs - Date.now()),
    );
  }, [ask]);

  useEffect(() => {
    void ask();
    const each = everyMs === undefined ? undefined : setInterval(() => void ask(), everyMs);
    const unlisten = live.onChange((event, recordingId) => {
      if (event === 'gap' || event === 'connected' || matters.current?.(event, recordingId)) again();
    });
    return () => {
      unlisten();
      clearInterval(each);
      clearTimeout(timer.current);
      timer.current = undefined;
      asking.current?.abort();
    };
  }, [ask, again, live, everyMs]);

  const known = state.path === path ? state : {};
  return { answer: known.answer, error: known.error, again };
};
