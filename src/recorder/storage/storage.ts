import type { Readable } from 'node:stream';
import type { StorageName } from './names.ts';

/** A file that is in storage, whole and durable. */
export interface StoredFile {
  /** Where it is: an absolute path on local disk. */
  readonly file: string;
  /** Bytes. */
  readonly size: number;
}

/** A part of a file, in bytes; `end` is inclusive, as in HTTP ranges. */
export interface ByteRange {
  readonly start?: number;
  readonly end?: number;
}

/**
 * Where finished recordings are kept. A name is written by several writers at once without harm: each has its own scratch
 * file, and put makes one of them the file.
 */
export interface Storage {
  /** Where the file of this name is or will be. */
  locate(name: StorageName): string;
  /** An absolute path on local disk for one writer's work on this file; it need not exist. Throws storage_failed. */
  scratch(name: StorageName): Promise<string>;
  /** Makes the finished scratch file the file of this name, durably and at once; the scratch file is gone. Throws storage_failed. */
  put(scratchFile: string, name: StorageName): Promise<StoredFile>;
  /** Removes a scratch file that became nothing; it need not exist. */
  discard(scratchFile: string): Promise<void>;
  /** The file of this name, if it is there. Throws storage_failed. */
  stat(name: StorageName): Promise<StoredFile | undefined>;
  /** Its bytes, or those of a range. Throws storage_failed, or the stream does. */
  read(name: StorageName, range?: ByteRange): Promise<Readable>;
  /** Removes it; false if it was not there. Throws storage_failed. */
  remove(name: StorageName): Promise<boolean>;
}
