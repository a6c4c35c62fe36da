import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { type Client, createClient } from './client.ts';
import type { LiveState } from './live-state.ts';
import type { Me } from './types.ts';

/** Who looks, and what is known live; below the sign-in. */
export interface Desk {
  readonly client: Client;
  readonly me: Me;
  readonly live: LiveState;
  signOut(): void;
}

const nobody: Desk = {
  client: createClient(undefined),
  me: { by: 'loopback', scopes: [] },
  live: {
    onLevels: () => () => undefined,
    onChange: () => () => undefined,
    connected: () => false,
    close: () => undefined,
  },
  signOut: () => undefined,
};

export const DeskContext = createContext<Desk>(nobody);

export const useDesk = (): Desk => useContext(DeskContext);

/** True if the one who looks may do what needs this scope. */
export const useMay = (scope: Me['scopes'][number]): boolean => {
  const { scopes } = useDesk().me;
  return scopes.includes(scope) || scopes.includes('admin');
};
