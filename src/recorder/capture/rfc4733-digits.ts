import { parseTelephoneEvent } from '../../rtp/telephone-event.ts';

/**
 * Finds the keys that are pressed in the telephone-event packets of one track (RFC 4733), each once: all packets of a
 * key press share SSRC and RTP timestamp. Times are ms on the recording's clock.
 */
export interface DigitDetector {
  /** A telephone-event packet that arrived at t; `clockRate` is its ticks a second. */
  event(ssrc: number, timestamp: number, payload: Uint8Array, clockRate: number, t: number): void;
  /** Any other packet of the track: three of them end a key press whose end packets were lost. */
  otherPacket(): void;
  /** Ends a key press that nothing was heard of for 200 ms. */
  tick(now: number): void;
  /** Reports a key that is still down; for the end of the recording. */
  finish(): void;
}

/** `digit` is one of 0-9 * # A-D; the key was down from tStart to tEnd. */
export type ReportDigit = (digit: string, tStart: number, tEnd: number) => void;

const packetsToEnd = 3;
const silenceToEndMs = 200;
/** Repeated end packets come within some 100 ms, so that the last few key presses are all that they can belong to. */
const remembered = 8;
/** A key that is down for longer goes on under a new timestamp, this much later (RFC 4733 section 2.5.1.3). */
const longestSegment = 0xffff;

interface KeyPress {
  readonly digit: string;
  readonly ssrc: number;
  readonly tStart: number;
  timestamp: number;
  /** Of the segments before this one. */
  earlierMs: number;
  segmentMs: number;
  updatedAt: number;
  othersSince: number;
}

export const createDigitDetector = (report: ReportDigit): DigitDetector => {
  let pressed: KeyPress | undefined;
  const done: { readonly ssrc: number; readonly timestamp: number }[] = [];

  const remember = ({ ssrc, timestamp }: KeyPress): void => {
    done.push({ ssrc, timestamp });
    if (done.length > remembered) done.shift();
  };

  const finish = (): void => {
    if (!pressed) return;
    const { digit, tStart, earlierMs, segmentMs } = pressed;
    remember(pressed);
    pressed = undefined;
    report(digit, tStart, tStart + earlierMs + segmentMs);
  };

  const isDone = (ssrc: number, timestamp: number): boolean =>
    done.some((old) => old.ssrc === ssrc && old.timestamp === timestamp);

  /** The key press that a packet belongs to: the one under way, if it isn't another's. */
  const find = (digit: string, ssrc: number, timestamp: number, clockRate: number): KeyPress | undefined => {
    if (pressed?.ssrc !== ssrc) return undefined;
    if (pressed.timestamp === timestamp) return pressed;
    if (pressed.digit !== digit || (timestamp - pressed.timestamp) >>> 0 !== longestSegment) return undefined;
    remember(pressed);
    pressed.timestamp = timestamp;
    pressed.earlierMs += (longestSegment / clockRate) * 1000;
    pressed.segmentMs = 0;
    return pressed;
  };

  return {
    event(ssrc, timestamp, payload, clockRate, t) {
      const event = parseTelephoneEvent(payload);
      if (event?.digit === undefined || isDone(ssrc, timestamp)) return;
      const durationMs = (event.duration / clockRate) * 1000;
      let press = find(event.digit, ssrc, timestamp, clockRate);
      if (!press) {
        finish();
        press = {
          digit: event.digit,
          ssrc,
          tStart: Math.max(0, t - durationMs),
          timestamp,
          earlierMs: 0,
          segmentMs: 0,
          updatedAt: t,
          othersSince: 0,
        };
        pressed = press;
      }
      press.segmentMs = Math.max(press.segmentMs, durationMs);
      press.updatedAt = t;
      press.othersSince = 0;
      if (event.end) finish();
    },
    otherPacket() {
      if (!pressed) return;
      pressed.othersSince++;
      if (pressed.othersSince >= packetsToEnd) finish();
    },
    tick(now) {
      if (pressed && now - pressed.updatedAt >= silenceToEndMs) finish();
    },
    finish,
  };
};
