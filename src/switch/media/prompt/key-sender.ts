/** What is sent in one frame while digits are dialled. */
export type KeyFrame =
  | {
      readonly kind: 'event';
      readonly digit: string;
      /** The frame in which the key went down. */
      readonly start: number;
      /** Frames that it has been down for, this one included. */
      readonly frames: number;
      readonly end: boolean;
    }
  | { readonly kind: 'silence' };

/** Turns digits into frames of 20 ms. */
export interface KeySender {
  /** What the frame of this number sends; undefined when all is sent. Numbers may be left out, as time that has passed. */
  next(frame: number): KeyFrame | undefined;
}

/** Frames that a key is down for: 160 ms, which the slowest detectors hear. */
export const keyFrames = 8;
/** Frames between the end of one key and the next: 100 ms. */
export const gapFrames = 5;
/** RFC 4733 section 2.5.1.4 has the end of an event sent three times. */
const endPackets = 3;
/** Frames of the pauses that stand among the digits: W is a second, w half of one. */
export const pauseFrames: Readonly<Record<string, number>> = { W: 50, w: 25 };

/** `keys` are digits 0-9 A-D * # and the pauses W and w. */
export const createKeySender = (keys: string): KeySender => {
  let at = 0;
  /** The frame in which the key or pause at `at` began. */
  let start: number | undefined;
  let ends = 0;
  let gapUntil = Number.NEGATIVE_INFINITY;

  return {
    next(frame) {
      for (;;) {
        if (frame < gapUntil) return { kind: 'silence' };
        const key = keys[at];
        if (key === undefined) return undefined;
        start ??= frame;
        const pause = pauseFrames[key];
        if (pause !== undefined) {
          if (frame < start + pause) return { kind: 'silence' };
          at++;
          start = undefined;
          continue;
        }
        const frames = Math.min(frame - start + 1, keyFrames);
        const end = frames === keyFrames;
        const sent: KeyFrame = { kind: 'event', digit: key, start, frames, end };
        if (end && ++ends === endPackets) {
          gapUntil = frame + 1 + gapFrames - (endPackets - 1);
          at++;
          start = undefined;
          ends = 0;
        }
        return sent;
      }
    },
  };
};
