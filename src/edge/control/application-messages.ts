/** A message from an application, as drachtio-srf writes it; texts are byte strings. */
export type ApplicationMessage =
  | { readonly type: 'authenticate'; readonly id: string; readonly secret: string }
  | { readonly type: 'ping'; readonly id: string }
  /** `verb` is in lower case. */
  | { readonly type: 'route' | 'remove_route'; readonly id: string; readonly verb: string }
  | ApplicationResponse
  | ApplicationRequest
  | { readonly type: 'proxy'; readonly id: string }
  | { readonly type: 'unknown'; readonly id: string; readonly name: string }
  | { readonly type: 'malformed'; readonly id: string };

/** A SIP response that an application wants sent. */
export interface ApplicationResponse extends ApplicationSip {
  readonly type: 'response';
  readonly status: number;
  readonly reason: string;
}

/** A SIP request that an application wants sent. */
export interface ApplicationRequest extends ApplicationSip {
  readonly type: 'request';
  /** Empty for a request outside a dialog. */
  readonly dialogId: string;
  /** Where to send it instead of to its Request-URI; empty for none. */
  readonly proxy: string;
  readonly method: string;
  readonly uri: string;
}

interface ApplicationSip {
  readonly id: string;
  /** Of the request that is answered or cancelled; else empty. */
  readonly transactionId: string;
  readonly headerLines: readonly string[];
  readonly body: string;
}

/** Reads the payload of one frame; never throws. */
export function parseApplicationMessage(payload: string): ApplicationMessage {
  const end = payload.indexOf('\r\n');
  const [id = '', type, first, ...rest] = (end < 0 ? payload : payload.slice(0, end)).split('|');
  if (type === 'ping') return { type, id };
  if (type === 'proxy') return { type, id };
  if (type === undefined) return { type: 'malformed', id };
  if (type === 'sip') {
    if (first === undefined || rest[0] === undefined || end < 0) return { type: 'malformed', id };
    return parseSip(id, first, rest[0], rest[1] ?? '', payload.slice(end + 2));
  }
  if (type !== 'authenticate' && type !== 'route' && type !== 'remove_route')
    return { type: 'unknown', id, name: type };
  if (first === undefined) return { type: 'malformed', id };
  return type === 'authenticate' ? { type, id, secret: first } : { type, id, verb: first.toLowerCase() };
}

function parseSip(
  id: string,
  transactionId: string,
  dialogId: string,
  proxy: string,
  message: string,
): ApplicationMessage {
  const end = message.indexOf('\r\n\r\n');
  const head = (end < 0 ? message : message.slice(0, end)).split('\r\n');
  const body = end < 0 ? '' : message.slice(end + 4);
  const start = head[0] ?? '';
  const headerLines = head.slice(1);
  const status = /^SIP\/\d\.\d\s+([1-6]\d\d)(?:\s+(.*))?$/.exec(start);
  if (status) {
    const response = { status: Number(status[1]), reason: status[2] ?? '' };
    return { type: 'response', id, transactionId, headerLines, body, ...response };
  }
  const request = /^([A-Za-z0-9\-.!%*_+`'~]+) +(\S+)(?: +SIP\/\d\.\d)? *$/.exec(start);
  if (!request?.[1] || !request[2]) return { type: 'malformed', id };
  const { 1: method, 2: uri } = request;
  return { type: 'request', id, transactionId, dialogId, proxy, method, uri, headerLines, body };
}
