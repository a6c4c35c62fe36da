import { trimBlanks } from './grammar.ts';

/** What the bytes of a connection turned out to hold. */
export type Framed =
  /** One whole message, as a byte string. */
  | { readonly kind: 'message'; readonly bytes: string }
  /** The double CRLF of RFC 5626 section 4.4.1, to be answered by one CRLF. */
  | { readonly kind: 'ping' }
  /** Where the next message begins can't be known any more: answer `head` if it can be, then close the connection. */
  | { readonly kind: 'broken'; readonly reason: string; readonly head: string };

/** Cuts the stream of one connection into messages. */
export interface StreamFramer {
  push(chunk: Buffer): Framed[];
  /** Whether a message has begun and not ended. */
  isWaiting(): boolean;
}

const CR = 13;
const LF = 10;
const CONTENT_LENGTH = /^(?:content-length|l)[ \t]*:([^\r\n]*)/gim;

/**
 * Frames SIP over a stream by Content-Length (RFC 3261 section 18.3); a message larger than `maxBytes` breaks it.
 * Bytes are looked at once, however they were cut.
 */
export function createStreamFramer(maxBytes: number): StreamFramer {
  let buffer = Buffer.allocUnsafe(4096);
  let begin = 0;
  let end = 0;
  /** Up to where the end of the head has been looked for. */
  let searched = 0;
  /** Where the message that is being received ends; 0 while its head is not complete. */
  let messageEnd = 0;
  /** Empty lines since the last message: a ping may be cut in two. */
  let emptyLines = 0;
  let broken = false;

  function append(chunk: Buffer): void {
    if (end + chunk.length > buffer.length) {
      const waiting = end - begin;
      const target =
        waiting + chunk.length <= buffer.length / 2
          ? buffer
          : Buffer.allocUnsafe(Math.max(buffer.length * 2, waiting + chunk.length));
      buffer.copy(target, 0, begin, end);
      buffer = target;
      searched -= begin;
      if (messageEnd > 0) messageEnd -= begin;
      begin = 0;
      end = waiting;
    }
    chunk.copy(buffer, end);
    end += chunk.length;
  }

  /** Skips CRLFs between messages; true where they were a ping. */
  function skipEmptyLines(): boolean {
    while (begin < end && (buffer[begin] === CR || buffer[begin] === LF)) {
      if (buffer[begin] === LF) emptyLines++;
      begin++;
    }
    searched = Math.max(searched, begin);
    const isPing = emptyLines >= 2;
    if (isPing || begin < end) emptyLines = 0;
    return isPing;
  }

  function text(from: number, to: number): string {
    return buffer.toString('latin1', from, to);
  }

  function fail(reason: string): Framed {
    broken = true;
    return { kind: 'broken', reason, head: text(begin, Math.min(end, begin + maxBytes)) };
  }

  /** Looks for the empty line that ends the head; returns where the body begins, or 0. */
  function findBody(): number {
    const received = buffer.subarray(0, end);
    for (let at = received.indexOf(LF, searched); at >= 0; at = received.indexOf(LF, at + 1)) {
      const empty = buffer[at - 1] === LF || (buffer[at - 1] === CR && buffer[at - 2] === LF);
      if (empty && at - 1 > begin) return at + 1;
    }
    searched = end;
    return 0;
  }

  /** Frames the next message; null while there is none yet. */
  function next(): Framed | null {
    if (messageEnd === 0) {
      const body = findBody();
      if (body === 0) return end - begin > maxBytes ? fail(`a head of more than ${maxBytes} bytes`) : null;
      const lengths = [...text(begin, body).matchAll(CONTENT_LENGTH)].map((match) => trimBlanks(match[1] ?? ''));
      const length = Number(lengths[0]);
      if (lengths.length !== 1 || !/^\d{1,9}$/.test(lengths[0] ?? '')) return fail('no usable Content-Length');
      if (body - begin + length > maxBytes) return fail(`a message of more than ${maxBytes} bytes`);
      messageEnd = body + length;
    }
    if (end < messageEnd) return null;
    const bytes = text(begin, messageEnd);
    begin = messageEnd;
    searched = begin;
    messageEnd = 0;
    if (begin === end) begin = end = searched = 0;
    return { kind: 'message', bytes };
  }

  return {
    isWaiting: () => end > begin,
    push(chunk) {
      const framed: Framed[] = [];
      if (broken) return framed;
      append(chunk);
      while (!broken && begin < end) {
        if (messageEnd === 0 && searched <= begin && skipEmptyLines()) framed.push({ kind: 'ping' });
        if (begin === end) {
          begin = end = searched = 0;
          break;
        }
        const one = next();
        if (one === null) break;
        framed.push(one);
      }
      return framed;
    },
  };
}
