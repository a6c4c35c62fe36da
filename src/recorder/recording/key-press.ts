/** How a digit came: as an RTP event (RFC 4733), as SIP INFO, or as a tone in the sound. */
export type DigitWay = 'rfc4733' | 'info' | 'inband';

/** A key that somebody pressed, as one of the ways has told it. */
export interface KeyPress {
  /** 0-9 * # A-D */
  readonly digit: string;
  readonly via: DigitWay;
  /** When the key was up again: ms of the machine's monotonic clock. */
  readonly at: number;
  /** How long it was down. */
  readonly durationMs: number;
}

/** Tells the first report of each key press of one call from the others. */
export interface KeyPresses {
  /** True if nobody has told of this key press yet; `source` is who tells: one that tells twice means two. */
  isNew(press: Pick<KeyPress, 'digit' | 'at'>, source: string): boolean;
}

/** A way that is this much later than another still means the same key press. */
const windowMs = 1000;
/** Key presses that can still be meant: nobody presses more within the window. */
const remembered = 32;

/**
 * A press may be told by each way that the far end uses, and by each recording that hears it. Reports of one digit that
 * are up to a second apart are one press, unless they come from the same source: that is somebody who presses twice. A
 * report counts for the oldest press that its source has not told of, so two quick presses told twice are two.
 */
export const createKeyPresses = (): KeyPresses => {
  const known: { readonly digit: string; readonly at: number; readonly sources: Set<string> }[] = [];
  return {
    isNew({ digit, at }, source) {
      const same = known.find(
        (press) => press.digit === digit && Math.abs(press.at - at) <= windowMs && !press.sources.has(source),
      );
      if (same) {
        same.sources.add(source);
        return false;
      }
      known.push({ digit, at, sources: new Set([source]) });
      if (known.length > remembered) known.shift();
      return true;
    },
  };
};
