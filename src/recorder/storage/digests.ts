import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** The SHA-256 of a file in hexadecimal, and its bytes. */
export const sha256File = async (file: string): Promise<{ readonly size: number; readonly sha256: string }> => {
  const hash = createHash('sha256');
  let size = 0;
  for await (const read of createReadStream(file, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    hash.update(read);
    size += read.length;
  }
  return { size, sha256: hash.digest('hex') };
};

/** What a file's bytes come to. */
export interface FileDigests {
  /** Bytes. */
  readonly size: number;
  /** Hexadecimal. */
  readonly sha256: string;
  /**
   * What an S3 service may call its ETag: the MD5, and, as Amazon's does for an upload in several parts, the MD5 of their
   * MD5s and `-` and their number.
   */
  readonly etags: readonly string[];
}

/** Reads a file once; `partSize` in bytes is that of a multipart upload: a file that fits into one part is put at once. */
export const digestFile = async (file: string, partSize: number): Promise<FileDigests> => {
  const sha256 = createHash('sha256');
  const md5 = createHash('md5');
  const parts: Buffer[] = [];
  let size = 0;
  let part = createHash('md5');
  let room = partSize;
  for await (const read of createReadStream(file, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    sha256.update(read);
    md5.update(read);
    size += read.length;
    let rest = read;
    while (rest.length > 0) {
      if (room === 0) {
        parts.push(part.digest());
        part = createHash('md5');
        room = partSize;
      }
      const taken = rest.subarray(0, room);
      part.update(taken);
      room -= taken.length;
      rest = rest.subarray(taken.length);
    }
  }
  parts.push(part.digest());
  const ofParts = createHash('md5').update(Buffer.concat(parts)).digest('hex');
  return { size, sha256: sha256.digest('hex'), etags: [md5.digest('hex'), `${ofParts}-${parts.length}`] };
};
