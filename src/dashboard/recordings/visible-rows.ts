/** Which rows of a long list are made. */
export interface VisibleRows {
  readonly first: number;
  /** After the last. */
  readonly end: number;
}

/** Rows beyond both edges, so that a quick turn of the wheel shows no empty place. */
const spare = 8;

/** Of `count` rows of `rowPx` those that can be seen, and some more. */
export const visibleRows = (count: number, rowPx: number, scrolledPx: number, heightPx: number): VisibleRows => {
  const first = Math.max(0, Math.floor(scrolledPx / rowPx) - spare);
  return { first: Math.min(first, count), end: Math.min(count, Math.ceil((scrolledPx + heightPx) / rowPx) + spare) };
};
