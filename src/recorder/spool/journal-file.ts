import { constants } from 'node:fs';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { SipreelError } from '../../errors/error.ts';
import type { JournalEntry } from './journal.ts';

/** A journal that is open for more lines; only the recording's owner has one. */
export interface Journal {
  /** The disk has not taken all lines that it was to take. */
  readonly behind: boolean;
  /**
   * Adds a line; lines keep the order of the calls. Resolves when it was tried and never rejects: a line that the disk
   * did not take is kept and tried again with the next one, by sync() and by close(), which say so if it fails again.
   */
  append(entry: JournalEntry): Promise<void>;
  /** Resolves when all lines so far would outlive a power cut; rejects with spool_write_failed. */
  sync(): Promise<void>;
  /** Idempotent. Writes what is left and closes; rejects with spool_write_failed if lines are lost. */
  close(): Promise<void>;
}

/** What a journal says. */
export interface JournalContents {
  readonly entries: readonly JournalEntry[];
  /** Complete lines that are no entries: a healthy journal has none. */
  readonly damagedLines: number;
}

/**
 * Opens a journal to append to it, and creates it if need be. The torn line that a crash may have left at its end goes.
 * @throws SipreelError spool_open_failed
 */
export const openJournal = async (path: string): Promise<Journal> => {
  const { file, end } = await openAtEnd(path).catch((error: unknown) => {
    throw failed('spool_open_failed', path, error);
  });
  let size = end;
  const unwritten: string[] = [];
  let lastWrite: Promise<void> = Promise.resolve();
  let closing: Promise<void> | undefined;

  const writeAll = async (): Promise<void> => {
    const lines = unwritten.length;
    if (lines === 0) return;
    const bytes = Buffer.from(unwritten.join(''));
    // At its own place in the file, so that a second try covers whatever the first one left there.
    for (let done = 0; done < bytes.length; ) {
      done += (await file.write(bytes, done, bytes.length - done, size + done)).bytesWritten;
    }
    size += bytes.length;
    unwritten.splice(0, lines);
  };

  /** One write at a time; each takes all the lines that wait. */
  const write = (): Promise<void> => {
    const written = lastWrite.then(writeAll).catch((error: unknown) => {
      throw failed('spool_write_failed', path, error);
    });
    lastWrite = written.catch(() => undefined); // The lines are kept; the next write is tried all the same.
    return written;
  };

  return {
    get behind() {
      return unwritten.length > 0;
    },
    append(entry) {
      unwritten.push(`${JSON.stringify(entry)}\n`);
      write().catch(() => undefined); // Said by sync() and close().
      return lastWrite;
    },
    async sync() {
      await write();
      await file.sync().catch((error: unknown) => {
        throw failed('spool_write_failed', path, error);
      });
    },
    close() {
      closing ??= write().finally(() => file.close());
      return closing;
    },
  };
};

/**
 * Reads a journal; the part after the last line feed was never finished and is left out.
 * @throws SipreelError spool_unreadable if the file cannot be read.
 */
export const readJournal = async (path: string): Promise<JournalContents> => {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw failed('spool_unreadable', path, error);
  });
  return parseJournal(text);
};

/** The entries in a journal's text. */
export const parseJournal = (text: string): JournalContents => {
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  lines.pop();
  const entries = lines.map(parseEntry).filter((entry) => entry !== undefined);
  return { entries, damagedLines: lines.length - entries.length };
};

const parseEntry = (line: string): JournalEntry | undefined => {
  try {
    const value: unknown = JSON.parse(line);
    return isEntry(value) ? value : undefined;
  } catch {
    return undefined; // Counted as a damaged line: the others are still worth reading.
  }
};

/** Our own files are trusted beyond the fields that every entry has. */
const isEntry = (value: unknown): value is JournalEntry =>
  typeof value === 'object' &&
  value !== null &&
  'event' in value &&
  typeof value.event === 'string' &&
  't' in value &&
  typeof value.t === 'number';

const openAtEnd = async (path: string): Promise<{ file: FileHandle; end: number }> => {
  // Without O_APPEND, which would make Linux ignore the place that a write is meant for.
  const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o640);
  try {
    const end = (await file.readFile()).lastIndexOf('\n') + 1;
    await file.truncate(end);
    return { file, end };
  } catch (error) {
    await file.close();
    throw error;
  }
};

const failed = (
  code: 'spool_open_failed' | 'spool_write_failed' | 'spool_unreadable',
  path: string,
  cause: unknown,
): SipreelError =>
  new SipreelError(code, `${path}: ${cause instanceof Error ? cause.message : String(cause)}`, {
    cause,
    details: { path },
  });
