import type { Readable } from 'node:stream';
import type { StorageName } from './names.ts';

/** A file that is in storage, whole and durable. */
export interface StoredFile {
  /** Its location: an absolute path on local disk, or `s3://bucket/key`. */
  readonly file: string;
  /** Bytes. */
  readonly size: number;
  /** Hexadecimal; there if what is in storage was compared with it, so that nobody has to look into the file again. */
  readonly sha256?: string;
}

/** A part of a file, in bytes; `end` is inclusive, as in HTTP ranges. */
export interface ByteRange {
  readonly start?: number;
  readonly end?: number;
}

/**
 * Where finished recordings are kept. A name is written by several writers at once without harm: each has its own scratch
 * file, and put makes one of them the file. Every method throws storage_failed.
 */
export interface Storage {
  /** Where the file of this name is or will be. */
  locate(name: StorageName): string;
  /** An absolute path on local disk for one writer's work on this file; it need not exist. */
  scratch(name: StorageName): Promise<string>;
  /**
   * Makes the finished scratch file the file of this name, durably and at once; the scratch file is gone. What fails after
   * it was finished is gone on with by find, or given up by abandon.
   */
  put(scratchFile: string, name: StorageName): Promise<StoredFile>;
  /** Removes what a put that failed has kept, and what one that died has left. */
  abandon(name: StorageName): Promise<void>;
  /** Removes a scratch file that became nothing; it need not exist. */
  discard(scratchFile: string): Promise<void>;
  /** The file of this name, if it is there; a put that was broken off after its file was finished is completed first. */
  find(name: StorageName): Promise<StoredFile | undefined>;
  /** True for locations that this storage gives. */
  holds(location: string): boolean;
  /** The name of the file at a location, by which another storage may have a copy; undefined if it has none here. */
  nameOf(location: string): StorageName | undefined;
  /** The bytes of a file at a location, or those of a range; the stream may fail, too. */
  read(location: string, range?: ByteRange): Promise<Readable>;
  /** Puts a small text beside a file: at its location and `.json`. */
  note(location: string, text: string): Promise<void>;
  /** Removes a file, all copies of it, what was noted beside it and what waits to be sent; false if nothing was there. */
  remove(location: string): Promise<boolean>;
}
