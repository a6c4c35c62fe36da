/** What the body of an INFO request says. */
export type InfoBody =
  | { readonly kind: 'digit'; readonly digit: string; readonly durationMs: number }
  /** A signal of telephones that is no digit: a hook flash. */
  | { readonly kind: 'signal' }
  /** INFO without a body: some send it to see whether the call is still there. */
  | { readonly kind: 'empty' }
  /** It should be a digit and is none. */
  | { readonly kind: 'invalid'; readonly why: string }
  /** A type that we do not take. */
  | { readonly kind: 'unsupported' };

/** What is taken for the length of a key press that does not say it; senders name 160 or 250. */
const usualMs = 160;
const longestMs = 5000;
/** Event numbers (RFC 4733 section 3.2), which some write instead of the key. */
const byNumber = ['10', '11', '12', '13', '14', '15'];
const keys = '*#ABCD';

const digitOf = (signal: string): string | undefined => {
  if (/^[0-9*#A-D]$/i.test(signal)) return signal.toUpperCase();
  return keys[byNumber.indexOf(signal)];
};

/** Hook flash as it is written by number, in H.248 and in words. */
const isFlash = (signal: string): boolean => /^(16|!|hf|flash)$/i.test(signal);

/**
 * Reads an INFO body: `application/dtmf-relay` has lines `Signal=5` and `Duration=160` (ms), `application/dtmf` the digit
 * alone, though some write either as the other. Takes any text.
 */
export const readInfo = (contentType: string, body: string): InfoBody => {
  if (body.trim() === '') return { kind: 'empty' };
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  if (type !== 'application/dtmf-relay' && type !== 'application/dtmf') return { kind: 'unsupported' };
  // Whatever follows a kilobyte is no digit.
  const text = body.slice(0, 1024);
  const signal = (/^[ \t]*signal[ \t]*[=:][ \t]*(\S*)/im.exec(text)?.[1] ?? text).trim();
  if (isFlash(signal)) return { kind: 'signal' };
  const digit = digitOf(signal);
  if (digit === undefined) {
    return { kind: 'invalid', why: `${JSON.stringify(signal.slice(0, 40))} is no digit: it must be 0-9, *, # or A-D` };
  }
  const written = Number(/^[ \t]*duration[ \t]*[=:][ \t]*(\d{1,6})/im.exec(text)?.[1] ?? usualMs);
  return { kind: 'digit', digit, durationMs: Math.min(written, longestMs) };
};
