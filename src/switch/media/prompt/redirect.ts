/** Where a redirect leads (RFC 9110 §10.2.2), without credentials; undefined if that is no http or https URL. */
export const redirectTarget = (from: URL, location: string | string[] | undefined): URL | undefined => {
  if (typeof location !== 'string' || !URL.canParse(location, from.href)) return undefined;
  const target = new URL(location, from);
  if (target.protocol !== 'http:' && target.protocol !== 'https:') return undefined;
  target.username = '';
  target.password = '';
  return target;
};
