import { percentDecoded } from './percent-decoded.ts';

/** The Authorization header for a URL with user and password, undefined if it has none (RFC 7617). Throws nothing. */
export const basicAuthorization = (url: URL): string | undefined => {
  if (url.username === '' && url.password === '') return undefined;
  const credentials = `${percentDecoded(url.username)}:${percentDecoded(url.password)}`;
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
};
