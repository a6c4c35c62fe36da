/** A SIP message in parts; header names in lower case, long form. */
export interface SipMessage {
  /** Of a request. */
  readonly method?: string;
  readonly uri?: string;
  /** Of a response. */
  readonly status?: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

const longNames: Readonly<Record<string, string>> = {
  v: 'via',
  f: 'from',
  t: 'to',
  i: 'call-id',
  m: 'contact',
  l: 'content-length',
  c: 'content-type',
};

/** The first value of a header, '' if it is missing. */
export const headerOf = (message: SipMessage, name: string): string =>
  message.headers.find(([each]) => each === name.toLowerCase())?.[1] ?? '';

export const headersOf = (message: SipMessage, name: string): string[] =>
  message.headers.filter(([each]) => each === name.toLowerCase()).map(([, value]) => value);

/** The sequence number and method of CSeq. */
export const cseqOf = (message: SipMessage): { number: number; method: string } => {
  const [number = '0', method = ''] = headerOf(message, 'cseq').split(/\s+/);
  return { number: Number(number), method };
};

/** The tag of From or To, '' if there is none. */
export const tagOf = (value: string): string => /;\s*tag=([^;\s]+)/i.exec(value)?.[1] ?? '';

/** The URI in a From, To or Contact. */
export const uriOf = (value: string): string => /<([^>]+)>/.exec(value)?.[1] ?? value.split(';')[0]?.trim() ?? '';

export const parseSip = (text: string): SipMessage => {
  const end = text.indexOf('\r\n\r\n');
  const [startLine = '', ...lines] = (end === -1 ? text : text.slice(0, end)).replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).trim().toLowerCase();
    return [longNames[name] ?? name, line.slice(colon + 1).trim()];
  });
  const body = end === -1 ? '' : text.slice(end + 4);
  const status = /^SIP\/2\.0 (\d{3})/.exec(startLine)?.[1];
  if (status !== undefined) return { status: Number(status), headers, body };
  const [method = '', uri = ''] = startLine.split(' ');
  return { method, uri, headers, body };
};

/** A message as text; Content-Length is added. */
export const writeSip = (startLine: string, headers: readonly (readonly [string, string])[], body = ''): string =>
  [
    startLine,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');

/** Cuts the whole messages off the front of a TCP stream by Content-Length (RFC 3261 section 18.3). */
export const splitStream = (buffer: Buffer): { messages: string[]; rest: Buffer } => {
  const messages: string[] = [];
  let rest = buffer;
  for (;;) {
    // Empty lines between messages are keep-alives (RFC 5626 section 4.4.1).
    while (rest[0] === 13 || rest[0] === 10) rest = rest.subarray(1);
    const end = rest.indexOf('\r\n\r\n');
    if (end === -1) return { messages, rest };
    const length = Number(/^(?:content-length|l)\s*:\s*(\d+)/im.exec(rest.subarray(0, end).toString())?.[1] ?? 0);
    const whole = end + 4 + length;
    if (rest.length < whole) return { messages, rest };
    messages.push(rest.subarray(0, whole).toString());
    rest = rest.subarray(whole);
  }
};
