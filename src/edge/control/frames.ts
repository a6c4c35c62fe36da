/** What came over the control connection: `<length>#<payload>`, the length in bytes. */
export type ControlFrame =
  | { readonly kind: 'payload'; readonly payload: string }
  /** A frame over the limit; its bytes were skipped, and `head` is where its message id stands. */
  | { readonly kind: 'oversized'; readonly length: number; readonly head: string }
  /** No frame begins here, so the connection can't be read any further. */
  | { readonly kind: 'broken'; readonly reason: string };

/** Cuts a control connection's bytes into frames. */
export interface FrameParser {
  push(chunk: Buffer): ControlFrame[];
}

const HASH = 0x23;
const ZERO = 0x30;
const NINE = 0x39;
/** Frames of up to 9,999,999 bytes are skipped to be refused; a longer length is taken for garbage. */
const MAX_DIGITS = 7;
/** Enough of an oversized frame to know which message is refused. */
const HEAD_BYTES = 256;

/** Reads frames of up to `maxBytes`; payloads are byte strings. Each byte is looked at once, however they were cut. */
export function createFrameParser(maxBytes: number): FrameParser {
  let digits = '';
  /** The length of the frame being received; null while its length is. */
  let length: number | null = null;
  let missing = 0;
  let kept: Buffer[] = [];
  let keptBytes = 0;
  let broken = false;

  function keep(bytes: Buffer): void {
    missing -= bytes.length;
    const limit = (length ?? 0) > maxBytes ? HEAD_BYTES : maxBytes;
    if (keptBytes >= limit) return;
    const part = bytes.subarray(0, limit - keptBytes);
    kept.push(part);
    keptBytes += part.length;
  }

  function finish(size: number): ControlFrame {
    const payload = Buffer.concat(kept, keptBytes).toString('latin1');
    kept = [];
    keptBytes = 0;
    length = null;
    return size > maxBytes ? { kind: 'oversized', length: size, head: payload } : { kind: 'payload', payload };
  }

  return {
    push(chunk) {
      const frames: ControlFrame[] = [];
      let at = 0;
      while (at < chunk.length && !broken) {
        if (length === null) {
          const byte = chunk[at++] ?? 0;
          if (byte >= ZERO && byte <= NINE && digits.length < MAX_DIGITS) {
            digits += String.fromCharCode(byte);
          } else if (byte === HASH && Number(digits) > 0) {
            length = missing = Number(digits);
            digits = '';
          } else {
            broken = true;
            frames.push({ kind: 'broken', reason: 'a frame without a usable length' });
          }
          continue;
        }
        const part = chunk.subarray(at, at + missing);
        at += part.length;
        keep(part);
        if (missing === 0) frames.push(finish(length));
      }
      return frames;
    },
  };
}

/** The bytes of a frame with this payload, a byte string. */
export function encodeFrame(payload: string): Buffer {
  return Buffer.from(`${payload.length}#${payload}`, 'latin1');
}
