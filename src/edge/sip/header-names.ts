/** The compact forms of header names (RFC 3261 section 7.3.3 and the extensions that define one). */
const LONG_FORM: Readonly<Record<string, string>> = {
  a: 'accept-contact',
  b: 'referred-by',
  c: 'content-type',
  d: 'request-disposition',
  e: 'content-encoding',
  f: 'from',
  i: 'call-id',
  j: 'reject-contact',
  k: 'supported',
  l: 'content-length',
  m: 'contact',
  o: 'event',
  r: 'refer-to',
  s: 'subject',
  t: 'to',
  u: 'allow-events',
  v: 'via',
  x: 'session-expires',
};

/** Names whose usual spelling is not a capital after each dash. */
const SPELLING: Readonly<Record<string, string>> = {
  'call-id': 'Call-ID',
  cseq: 'CSeq',
  'mime-version': 'MIME-Version',
  'min-se': 'Min-SE',
  rack: 'RAck',
  rseq: 'RSeq',
  'sip-etag': 'SIP-ETag',
  'sip-if-match': 'SIP-If-Match',
  'www-authenticate': 'WWW-Authenticate',
};

/** The one key of a header however it was written: lower case, compact forms expanded (RFC 3261 section 7.3.3). */
export function headerKey(name: string): string {
  const lower = name.toLowerCase();
  return (lower.length === 1 ? LONG_FORM[lower] : undefined) ?? lower;
}

/** The usual spelling of a header's name; names that begin with `X-` stay as the application wrote them. */
export function headerSpelling(name: string): string {
  if (/^x-/i.test(name)) return name;
  const key = headerKey(name);
  return (
    SPELLING[key] ?? key.replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase())
  );
}
