import { isIP } from 'node:net';

/** What of a request tells that a browser was talked into it. */
export interface BrowserHeaders {
  readonly method: string;
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
  readonly 'sec-fetch-site'?: string | undefined;
}

/**
 * Why a server that is open to its own machine should refuse a request: a page from elsewhere, opened in a browser of that
 * machine, must neither read recordings (by a name that it lets point to 127.0.0.1) nor stop them. Undefined if all is well.
 */
export const refusalOf = ({ method, host = '', origin, ...headers }: BrowserHeaders): string | undefined => {
  const name = host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  if (name !== '' && isIP(name) === 0 && name.toLowerCase() !== 'localhost') {
    return `the Host header names ${JSON.stringify(name)}, and not this machine`;
  }
  if (method === 'GET' || method === 'HEAD') return undefined;
  if (origin !== undefined && URL.parse(origin)?.host !== host) return `the request comes from a page of ${origin}`;
  return headers['sec-fetch-site'] === 'cross-site' ? 'the request comes from a page of another site' : undefined;
};
