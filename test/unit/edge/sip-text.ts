/** Joins the lines of a SIP message with CRLF; a body is given apart, because its own lines stay as they are. */
export function sipText(lines: readonly string[], body = ''): string {
  return [...lines, '', body].join('\r\n');
}

/** The lines of a request that any element would take; `more` comes behind them, and a name in it replaces a line. */
export function requestLines(method: string, more: Readonly<Record<string, string>> = {}): string[] {
  const headers: Record<string, string> = {
    Via: 'SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKone;rport',
    'Max-Forwards': '70',
    From: '"Alice" <sip:alice@127.0.0.1>;tag=a1',
    To: '<sip:bob@127.0.0.1>',
    'Call-ID': 'call-1',
    CSeq: `1 ${method}`,
    Contact: '<sip:alice@127.0.0.1:5070>',
    ...more,
  };
  const lines = Object.entries(headers).filter(([, value]) => value !== '');
  return [`${method} sip:bob@127.0.0.1:5060 SIP/2.0`, ...lines.map(([name, value]) => `${name}: ${value}`)];
}

/** Reads the header lines of a message of which there may be several. */
export function headerLines(text: string, name: string): string[] {
  const head = text.split('\r\n\r\n')[0] ?? '';
  const prefix = `${name.toLowerCase()}:`;
  return head
    .split('\r\n')
    .filter((line) => line.toLowerCase().startsWith(prefix))
    .map((line) => line.slice(prefix.length).trim());
}
