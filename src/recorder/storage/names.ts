import { SipreelError } from '../../errors/error.ts';

/** What the name of a recording's file is made of. */
export interface NameParts {
  readonly recordingId: string;
  /** Unix seconds. */
  readonly startTime: number;
  /** Without the dot. */
  readonly extension: string;
}

/** A file in storage: where it is relative to the root, with `/` on every system. */
export interface StorageName {
  /** `2026/11/22`, the UTC day on which the recording started. */
  readonly folder: string;
  /** `<recording_id>.<extension>`. */
  readonly base: string;
  /** `<folder>/<base>`. */
  readonly key: string;
}

const safeId = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/;
const safeExtension = /^[a-z0-9]{1,8}$/;

/**
 * The name of a recording's file: `<yyyy>/<mm>/<dd>/<recording_id>.<extension>`. It is made of what sipreel generated, never
 * of what a caller or a script sent. Throws storage_name_invalid if a part could lead out of the folder.
 */
export const storageName = ({ recordingId, startTime, extension }: NameParts): StorageName => {
  const start = new Date(startTime * 1000);
  if (!safeId.test(recordingId) || !safeExtension.test(extension) || Number.isNaN(start.getTime())) {
    const shown = JSON.stringify({ recordingId, startTime, extension });
    throw new SipreelError('storage_name_invalid', `no file name can be made of ${shown}`);
  }
  const year = start.getUTCFullYear();
  if (year < 1970 || year > 9999) {
    throw new SipreelError('storage_name_invalid', `a recording can't have started in the year ${year}`);
  }
  const two = (number: number): string => String(number).padStart(2, '0');
  const folder = `${year}/${two(start.getUTCMonth() + 1)}/${two(start.getUTCDate())}`;
  const base = `${recordingId}.${extension}`;
  return { folder, base, key: `${folder}/${base}` };
};

/** The name of a file that is being written: hidden, and one for each writer. */
export const partName = (base: string, writer: string): string => `.${base}.${writer}.part`;

/** True if `entry` is a part of the file `base`, whoever's. */
export const isPartOf = (entry: string, base: string): boolean =>
  entry.startsWith(`.${base}.`) && entry.endsWith('.part');
