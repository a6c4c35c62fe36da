import { SipreelError } from '../../errors/error.ts';

/** What the name of a recording's file is made of. */
export interface NameParts {
  readonly recordingId: string;
  /** Unix seconds. */
  readonly startTime: number;
  /** Without the dot. */
  readonly extension: string;
  /** What the call says of itself, for the fields of a pattern: anything, as it came. */
  readonly fields?: Readonly<Record<string, string | undefined>>;
}

/** A file in storage: where it is relative to the root, with `/` on every system. */
export interface StorageName {
  /** Such as `2026/11/22`. */
  readonly folder: string;
  /** `<last part>.<extension>`. */
  readonly base: string;
  /** `<folder>/<base>`, or the base where there is no folder. */
  readonly key: string;
}

/** Names files. Throws storage_name_invalid for a recording that no name can be made of. */
export type NamePattern = (parts: NameParts) => StorageName;

const safeId = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/;
const safeExtension = /^[a-z0-9]{1,8}$/;
const timeFields = ['yyyy', 'mm', 'dd', 'hh'] as const;
/** Fields of a call that a pattern may name. */
const callFields = ['call_id', 'control_id', 'from', 'to', 'node_id', 'direction'] as const;

/** By the UTC day on which a recording started. */
const defaultNamePattern = '{yyyy}/{mm}/{dd}/{recording_id}';

const two = (number: number): string => String(number).padStart(2, '0');

/** What came from a caller or a script, made harmless: no separators, no dots in front, no controls, not too long. */
const harmless = (value: string | undefined): string =>
  (value ?? '')
    .replace(/^sips?:/i, '')
    .replace(/[^A-Za-z0-9+_-]/g, '_')
    .slice(0, 64) || '_';

/** What is wrong with a pattern, or undefined. */
const refusalOfPattern = (pattern: string): string | undefined => {
  for (const [field, name = ''] of pattern.matchAll(/\{([^}]*)\}/g)) {
    const known: readonly string[] = ['recording_id', ...timeFields, ...callFields];
    if (!known.includes(name)) return `${field} is no field; there are ${known.map((one) => `{${one}}`).join(' ')}`;
  }
  if (!pattern.includes('{recording_id}')) return 'it must hold {recording_id}, or two recordings could have one name';
  const bare = pattern.replace(/\{[a-z_]+\}/g, 'x');
  if (bare.length > 200) return 'it is longer than 200 characters';
  if (!bare.split('/').every((part) => /^[A-Za-z0-9_+=-][A-Za-z0-9_+=.-]*$/.test(part)))
    return 'its parts between slashes are letters, digits, _ + = - and dots, none empty or with a dot in front';
  return undefined;
};

/**
 * Compiles a pattern such as `{yyyy}/{mm}/{dd}/{recording_id}`; times are those of the start in UTC. What callers or
 * scripts sent can't lead out of the folder, since all but letters, digits, +, - and _ become _.
 * @throws SipreelError config_invalid
 */
export const compileNamePattern = (pattern: string): NamePattern => {
  const refused = refusalOfPattern(pattern);
  if (refused !== undefined) {
    throw new SipreelError('config_invalid', `storage.name ${JSON.stringify(pattern)}: ${refused}`);
  }
  return ({ recordingId, startTime, extension, fields = {} }) => {
    const start = new Date(startTime * 1000);
    if (!safeId.test(recordingId) || !safeExtension.test(extension) || Number.isNaN(start.getTime())) {
      const shown = JSON.stringify({ recordingId, startTime, extension });
      throw new SipreelError('storage_name_invalid', `no file name can be made of ${shown}`);
    }
    const year = start.getUTCFullYear();
    if (year < 1970 || year > 9999) {
      throw new SipreelError('storage_name_invalid', `a recording can't have started in the year ${year}`);
    }
    const values: Readonly<Record<string, string>> = {
      recording_id: recordingId,
      yyyy: String(year),
      mm: two(start.getUTCMonth() + 1),
      dd: two(start.getUTCDate()),
      hh: two(start.getUTCHours()),
    };
    const path = pattern.replace(/\{([a-z_]+)\}/g, (_field, name: string) => values[name] ?? harmless(fields[name]));
    return nameOfKey(`${path}.${extension}`);
  };
};

/** The name that has this key. */
export const nameOfKey = (key: string): StorageName => {
  const slash = key.lastIndexOf('/');
  return { folder: slash < 0 ? '' : key.slice(0, slash), base: key.slice(slash + 1), key };
};

/** By the default pattern. Throws storage_name_invalid. */
export const storageName: NamePattern = compileNamePattern(defaultNamePattern);

/** The name of a file that is being written: hidden, and one for each writer. */
export const partName = (base: string, writer: string): string => `.${base}.${writer}.part`;

/** True if `entry` is a part of the file `base`, whoever's. */
export const isPartOf = (entry: string, base: string): boolean =>
  entry.startsWith(`.${base}.`) && entry.endsWith('.part');

/** Where what is noted beside a file is. */
export const noteOf = (location: string): string => `${location}.json`;
