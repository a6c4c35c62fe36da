/** An id of a Redis stream: milliseconds since the epoch, and a number among those of the millisecond. */
const pattern = /^(\d{1,16})-(\d{1,16})$/;

export const isStreamId = (text: string): boolean => pattern.test(text);

const partsOf = (id: string): readonly [bigint, bigint] => {
  const [, ms = '0', sequence = '0'] = pattern.exec(id) ?? [];
  return [BigInt(ms), BigInt(sequence)];
};

/** True if `id` comes after `other`. */
export const isAfter = (id: string, other: string): boolean => {
  const [ms, sequence] = partsOf(id);
  const [otherMs, otherSequence] = partsOf(other);
  return ms === otherMs ? sequence > otherSequence : ms > otherMs;
};

/** When what has this id was written, Unix seconds. */
export const timeOf = (id: string): number => Number(partsOf(id)[0]) / 1000;
