/** Two mono tracks as one: the saturating sum; the longer one goes on alone. */
export const mixMono = (left: Int16Array, right: Int16Array): Int16Array => {
  const [longer, shorter] = left.length >= right.length ? [left, right] : [right, left];
  const mixed = longer.slice();
  for (let i = 0; i < shorter.length; i++) {
    const sum = (longer[i] ?? 0) + (shorter[i] ?? 0);
    mixed[i] = Math.max(-32768, Math.min(32767, sum));
  }
  return mixed;
};

/** Two mono tracks as interleaved stereo, left sample first; the shorter one ends in silence. */
export const interleave = (left: Int16Array, right: Int16Array): Int16Array => {
  const length = Math.max(left.length, right.length);
  const stereo = new Int16Array(2 * length);
  for (let i = 0; i < length; i++) {
    stereo[2 * i] = left[i] ?? 0;
    stereo[2 * i + 1] = right[i] ?? 0;
  }
  return stereo;
};

/** Joins two tracks that are read in pieces of different lengths. */
export interface Joint {
  /** More of the left track (speak). */
  left(samples: Int16Array): void;
  /** More of the right track (listen). */
  right(samples: Int16Array): void;
  /** Joined samples as far as both tracks are known, undefined if that is nothing more. */
  read(): Int16Array | undefined;
  /** What is left, the shorter track ending in silence; undefined if nothing is. */
  finish(): Int16Array | undefined;
}

/** A joint of two tracks by `interleave` or `mixMono`: what one of them is ahead is kept until the other has come so far. */
export const createJoint = (join: typeof interleave | typeof mixMono): Joint => {
  const left = createBacklog();
  const right = createBacklog();
  return {
    left: left.push,
    right: right.push,
    read() {
      const common = Math.min(left.length(), right.length());
      return common === 0 ? undefined : join(left.take(common), right.take(common));
    },
    finish() {
      if (left.length() === 0 && right.length() === 0) return undefined;
      return join(left.take(left.length()), right.take(right.length()));
    },
  };
};

const createBacklog = () => {
  let pieces: Int16Array[] = [];
  let length = 0;
  return {
    push(samples: Int16Array): void {
      if (samples.length > 0) pieces.push(samples);
      length += samples.length;
    },
    length: (): number => length,
    /** Exactly `count` samples, which must be there. */
    take(count: number): Int16Array {
      const [first] = pieces;
      if (first !== undefined && first.length >= count) {
        // As it is: whoever joins it copies it anyway.
        if (first.length === count) pieces.shift();
        else pieces[0] = first.subarray(count);
        length -= count;
        return first.subarray(0, count);
      }
      const taken = new Int16Array(count);
      let at = 0;
      let used = 0;
      for (const piece of pieces) {
        if (at === count) break;
        const part = piece.subarray(0, count - at);
        taken.set(part, at);
        at += part.length;
        if (part.length < piece.length) {
          pieces[used] = piece.subarray(part.length);
          break;
        }
        used++;
      }
      pieces = pieces.slice(used);
      length -= at;
      return taken;
    },
  };
};
