import { isUri } from './address.ts';
import { isToken, trimBlanks } from './grammar.ts';
import { headerKey } from './header-names.ts';
import { firstValue, type SipHeader, type SipMessage, type SipRequest } from './message.ts';
import { findProblem, type Problem } from './problems.ts';

/** What became of the bytes of one message. */
export type Parsed =
  | { readonly kind: 'message'; readonly message: SipMessage }
  /** A request that can't be served, but with enough of it to be answered. */
  | { readonly kind: 'refused'; readonly request: SipRequest; readonly problem: Problem }
  | { readonly kind: 'garbage'; readonly reason: string };

const MAX_HEADERS = 500;

/** Reads one SIP message of a datagram or of a framed stream, given as a byte string; never throws. */
export function parseMessage(bytes: string): Parsed {
  const { lines, body } = splitHead(bytes);
  const start = lines[0];
  if (start === undefined) return { kind: 'garbage', reason: 'empty' };
  if (lines.length > MAX_HEADERS) return { kind: 'garbage', reason: `more than ${MAX_HEADERS} headers` };
  const headers = lines.slice(1).flatMap(parseHeader);

  const status = /^SIP\/2\.0 ([1-6]\d\d)(?: (.*))?$/i.exec(start);
  if (status) {
    const response: SipMessage = {
      kind: 'response',
      status: Number(status[1]),
      reason: status[2] ?? '',
      headers,
      body,
    };
    return finish(response);
  }
  const request = parseRequestLine(start);
  if (request === null) return { kind: 'garbage', reason: 'neither a request line nor a status line' };
  const message: SipRequest = { kind: 'request', method: request.method, uri: request.uri, headers, body };
  return request.problem === null ? finish(message) : refuse(message, request.problem);
}

function finish(message: SipMessage): Parsed {
  const problem = findProblem(message);
  if (problem !== null) {
    return message.kind === 'request' ? refuse(message, problem) : { kind: 'garbage', reason: problem.reason };
  }
  const length = firstValue(message, 'content-length');
  // What a datagram holds behind the body is not part of the message (RFC 3261 section 18.3).
  const body = length === undefined ? message.body : message.body.slice(0, Number(length));
  return { kind: 'message', message: body === message.body ? message : { ...message, body } };
}

function refuse(request: SipRequest, problem: Problem): Parsed {
  // Nobody answers an ACK, and without a Via there is nobody to answer (RFC 3261 sections 17.1.1.3 and 18.2.2).
  if (request.method === 'ACK' || firstValue(request, 'via') === undefined) {
    return { kind: 'garbage', reason: problem.reason };
  }
  return { kind: 'refused', request, problem };
}

/** Cuts the bytes into the start line, unfolded header lines (still with their folds), and the body. */
function splitHead(bytes: string): { readonly lines: string[]; readonly body: string } {
  const lines: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    const feed = bytes.indexOf('\n', at);
    const end = feed < 0 ? bytes.length : feed;
    const line = bytes.slice(at, end > at && bytes[end - 1] === '\r' ? end - 1 : end);
    at = end + 1;
    if (line === '') {
      if (lines.length > 0) return { lines, body: bytes.slice(at) };
      continue; // Empty lines before the start line are keep-alives or politeness (RFC 3261 section 7.5).
    }
    const folds = (line[0] === ' ' || line[0] === '\t') && lines.length > 1;
    if (folds) lines[lines.length - 1] += `\r\n${line}`;
    else if (lines.push(line) > MAX_HEADERS) break;
  }
  return { lines, body: '' };
}

/** A line that is no header is left out: drachtio-srf would refuse the whole message for it. */
function parseHeader(text: string): SipHeader[] {
  const colon = text.indexOf(':');
  const name = colon < 0 ? '' : trimBlanks(text.slice(0, colon));
  if (!isToken(name)) return [];
  const value = trimBlanks(
    text
      .slice(colon + 1)
      .split(/\r\n[ \t]+/)
      .join(' '),
  );
  return [{ key: headerKey(name), value, text }];
}

function parseRequestLine(line: string): { method: string; uri: string; problem: Problem | null } | null {
  const parts = line.split(' ');
  const method = parts[0] ?? '';
  const version = parts[parts.length - 1] ?? '';
  if (parts.length < 3 || !isToken(method) || !/^SIP\/\d+\.\d+$/i.test(version)) return null;
  const uri = parts.slice(1, -1).join(' ');
  if (version.toUpperCase() !== 'SIP/2.0') {
    return { method, uri, problem: { status: 505, reason: 'Version Not Supported' } };
  }
  return { method, uri, problem: isUri(uri) ? null : { status: 400, reason: 'Bad Request-URI' } };
}
