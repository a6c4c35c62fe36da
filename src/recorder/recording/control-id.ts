import { SipreelError } from '../../errors/error.ts';

/** The longest control id, in characters (Unicode code points). */
export const maxControlIdLength = 256;

/** C0, DEL and C1 controls: they break log lines and headers; a lone surrogate has no UTF-8 form to compare by. */
const unusable = /[\p{Cc}\p{Surrogate}]/u;

const hex = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;

/**
 * The control id as it was given, if it can name a recording: any text of 1 to 256 characters without control
 * characters. It never becomes a path, a key or a command line, so slashes, dots, quotes and spaces are welcome.
 * Throws control_id_invalid.
 */
export const checkControlId = (value: string): string => {
  if (value === '') throw new SipreelError('control_id_invalid', 'control_id is empty', { details: { length: 0 } });
  const length = [...value].length;
  if (length > maxControlIdLength) {
    throw new SipreelError(
      'control_id_invalid',
      `control_id has ${length} characters, ${maxControlIdLength} are allowed: "${value.slice(0, 32)}..."`,
      { details: { length } },
    );
  }
  const found = unusable.exec(value);
  if (found !== null) {
    const position = [...value.slice(0, found.index)].length + 1;
    throw new SipreelError(
      'control_id_invalid',
      `control_id has the control character ${hex(found[0])} at position ${position}: ${JSON.stringify(value)}`,
      { details: { character: hex(found[0]), position } },
    );
  }
  return value;
};
