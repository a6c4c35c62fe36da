import { SipreelError } from '../../../errors/error.ts';
import { describeEntry, type Entry, parseEntry } from './entry.ts';
import type { PcmSource } from './pcm-source.ts';

/** Makes the source of an entry; it starts to prepare its sound at once. */
export type OpenEntry = (entry: Entry) => PcmSource;

interface OpenedEntry {
  readonly index: number;
  /** Undefined if it could not even be opened; its turn throws then. */
  readonly source: PcmSource | undefined;
  readonly failure?: unknown;
}

/**
 * Plays entries one after the other as one source. The next one is prepared while one plays, so there is no gap but what
 * fills an entry's last frame. What an entry throws says which one it was.
 * @throws SipreelError prompt_url_invalid at once, before anything is heard, if one of the entries cannot be played
 */
export const openPlaylist = (urls: readonly string[], open: OpenEntry): PcmSource => {
  const entries = urls.map((url, index) => {
    try {
      return parseEntry(url);
    } catch (error) {
      throw ofEntry(error, index, urls);
    }
  });
  const closings: Promise<void>[] = [];
  let closed = false;

  const openAt = (index: number): OpenedEntry | undefined => {
    const entry = entries[index];
    if (entry === undefined) return undefined;
    try {
      return { index, source: open(entry) };
    } catch (failure) {
      return { index, source: undefined, failure };
    }
  };

  let current = openAt(0);
  let next = openAt(1);

  const advance = (): void => {
    const over = current;
    current = next;
    next = current === undefined ? undefined : openAt(current.index + 1);
    closeEntry(over);
  };

  const closeEntry = (entry: OpenedEntry | undefined): void => {
    if (entry?.source !== undefined) closings.push(entry.source.close());
  };

  const read = (): Int16Array | 'wait' | undefined => {
    while (!closed && current !== undefined) {
      try {
        if (current.source === undefined) throw current.failure;
        const frame = current.source.read();
        if (frame !== undefined) return frame;
      } catch (error) {
        throw ofEntry(error, current.index, urls);
      }
      advance();
    }
    return undefined;
  };

  const close = async (): Promise<void> => {
    if (!closed) {
      closed = true;
      closeEntry(current);
      closeEntry(next);
    }
    await Promise.all(closings);
  };

  return { read, close };
};

/** The same error with the entry's place and URL. */
const ofEntry = (error: unknown, index: number, urls: readonly string[]): unknown => {
  const known = error instanceof SipreelError ? error : undefined;
  const url = describeEntry(urls[index] ?? '');
  const message = error instanceof Error ? error.message : String(error);
  return new SipreelError(known?.code ?? 'internal_error', `entry ${index + 1} of ${urls.length}: ${message}`, {
    cause: error,
    details: { ...known?.details, entry: index, url },
  });
};
