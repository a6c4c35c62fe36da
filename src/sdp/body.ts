/**
 * The SDP in a message's body, also where it is one part of several, as beside ISUP (RFC 5621 §3.1, RFC 3204); undefined
 * where there is none. A body without a type is taken for SDP.
 */
export const sdpInBody = (contentType: string | undefined, body: string | undefined): string | undefined => {
  if (body === undefined || body.trim() === '') return undefined;
  const type = contentType?.trim() ?? 'application/sdp';
  if (isSdp(type)) return body;
  const boundary = /^multipart\/[^;]*;(?:.*;)?\s*boundary\s*=\s*(?:"([^"]+)"|([^\s;]+))/i.exec(type);
  if (!boundary) return undefined;
  const parts = body.split(`--${boundary[1] ?? boundary[2]}`).slice(1);
  for (const part of parts) {
    const [, head = '', content] = /^[ \t]*\r?\n([\s\S]*?)\r?\n\r?\n([\s\S]*)$/.exec(part) ?? [];
    const partType = /^content-type\s*:\s*(.*)$/im.exec(head)?.[1];
    if (content !== undefined && partType !== undefined && isSdp(partType)) return `${content.trimEnd()}\r\n`;
  }
  return undefined;
};

const isSdp = (type: string): boolean => /^application\/sdp\s*(;|$)/i.test(type);
