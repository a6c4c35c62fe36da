import type { ByteRange } from '../../recorder/storage/storage.ts';

/** One part of a file, its bounds both included. */
export type WantedRange = Required<ByteRange>;

/**
 * What a Range header asks of a file of so many bytes (RFC 9110 §14.1.2): undefined for the whole, which is also the answer to
 * units, lists and texts that nobody has to understand; unsatisfiable for a part beyond its end.
 */
export const wantedRange = (header: string | undefined, size: number): WantedRange | 'unsatisfiable' | undefined => {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < start) return undefined;
  return start >= size ? 'unsatisfiable' : { start, end };
};
