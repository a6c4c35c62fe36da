/** Where a redirect leads (RFC 9110 §10.2.2), without credentials; undefined if that is no http or https URL. */
export const redirectTarget = (from: URL, location: string | string[] | undefined): URL | undefined => {
  if (typeof location !== 'string' || !URL.canParse(location, from.href)) return undefined;
  const target = new URL(location, from);
  if (target.protocol !== 'http:' && target.protocol !== 'https:') return undefined;
  target.username = '';
  target.password = '';
  return target;
};

/** The Authorization header for a URL with user and password (RFC 7617). */
export const basicAuthorization = (url: URL): string | undefined => {
  if (url.username === '' && url.password === '') return undefined;
  const credentials = `${decodePart(url.username)}:${decodePart(url.password)}`;
  return `Basic ${Buffer.from(credentials, 'utf8').toString('base64')}`;
};

const decodePart = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    // A password with a bare % was not encoded: it is meant as it stands.
    return part;
  }
};
