import { useEffect, useState } from 'preact/hooks';
import { unescaped } from './text.ts';

/** Where one is: `#/recordings/ID` -> ['recordings', 'ID']. */
export type Route = readonly string[];

export const routeOf = (hash: string): Route =>
  hash
    .replace(/^#\/?/, '')
    .split('/')
    .filter((part) => part !== '')
    .map(unescaped);

export const useRoute = (): Route => {
  const [route, setRoute] = useState(() => routeOf(location.hash));
  useEffect(() => {
    const changed = (): void => setRoute(routeOf(location.hash));
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return route;
};
