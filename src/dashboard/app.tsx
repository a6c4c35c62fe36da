import { useCallback, useEffect, useState } from 'preact/hooks';
import { ApiError, createClient } from './api/client.ts';
import { type Desk, DeskContext } from './api/context.ts';
import { openLiveState } from './api/live-state.ts';
import { keepKey, keptKey } from './api/session.ts';
import type { Me } from './api/types.ts';
import { Frame } from './frame.tsx';
import { SignIn } from './sign-in.tsx';

/** Signed in, or asked to. */
export const App = () => {
  const [desk, setDesk] = useState<Desk>();
  const [asks, setAsks] = useState<{ readonly error?: ApiError }>();

  const signIn = useCallback(async (key: string | undefined): Promise<void> => {
    const client = createClient(key);
    try {
      const me = await client.get<Me>('/api/me');
      keepKey(key);
      setAsks(undefined);
      setDesk({
        client,
        me,
        live: openLiveState(client),
        signOut() {
          keepKey(undefined);
          location.reload();
        },
      });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // Nobody has tried a key yet: there is nothing to complain of.
      setAsks(error.code === 'key_missing' ? {} : { error });
    }
  }, []);

  useEffect(() => void signIn(keptKey()), [signIn]);
  useEffect(() => () => desk?.live.close(), [desk]);

  if (desk) {
    return (
      <DeskContext.Provider value={desk}>
        <Frame />
      </DeskContext.Provider>
    );
  }
  return asks ? <SignIn error={asks.error} onKey={(key) => void signIn(key)} /> : null;
};
