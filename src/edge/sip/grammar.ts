/** A parameter of a header or URI; `value` is null for a flag such as `lr`. */
export interface Parameter {
  /** Lower case. */
  readonly name: string;
  /** As written, quotes included. */
  readonly value: string | null;
}

const BLANKS = ' \t\r\n';

/**
 * The text without blanks around it. String.trim() would also cut the byte 0xA0, which ends many a character in UTF-8.
 */
export function trimBlanks(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && BLANKS.includes(text.charAt(from))) from++;
  while (to > from && BLANKS.includes(text.charAt(to - 1))) to--;
  return text.slice(from, to);
}

const TOKEN = /^[A-Za-z0-9\-.!%*_+`'~]+$/;

/** Whether the text is a token (RFC 3261 section 25.1). */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** The index behind the quoted string that begins at `from`, or -1 where it does not end. */
export function endOfQuoted(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    const char = text[at];
    if (char === '\\') at++;
    else if (char === '"') return at + 1;
  }
  return -1;
}

/** Splits at a separator, but not within quotes or angle brackets; null where a quote or bracket does not end. */
export function splitOutside(text: string, separator: ',' | ';'): string[] | null {
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '"') {
      const end = endOfQuoted(text, at);
      if (end < 0) return null;
      at = end - 1;
    } else if (char === '<') {
      const end = text.indexOf('>', at);
      if (end < 0) return null;
      at = end;
    } else if (char === separator) {
      parts.push(trimBlanks(text.slice(from, at)));
      from = at + 1;
    }
  }
  parts.push(trimBlanks(text.slice(from)));
  return parts;
}

/** The values of a header that may hold a list (Via, Route, Record-Route, Contact), one entry each; null where one is malformed. */
export function splitList(values: readonly string[]): string[] | null {
  const entries: string[] = [];
  for (const value of values) {
    const parts = splitOutside(value, ',');
    if (parts === null) return null;
    for (const part of parts) if (part !== '') entries.push(part);
  }
  return entries;
}

/** Reads `;name=value;flag`, with or without the first semicolon; null where it is malformed. */
export function parseParameters(text: string): Parameter[] | null {
  const trimmed = trimBlanks(text);
  if (trimmed === '') return [];
  const parts = splitOutside(trimmed.startsWith(';') ? trimmed.slice(1) : trimmed, ';');
  if (parts === null) return null;
  const parameters: Parameter[] = [];
  for (const part of parts) {
    const equals = part.indexOf('=');
    const name = trimBlanks(equals < 0 ? part : part.slice(0, equals));
    if (!isToken(name)) return null;
    parameters.push({ name: name.toLowerCase(), value: equals < 0 ? null : trimBlanks(part.slice(equals + 1)) });
  }
  return parameters;
}

/** The value of a parameter: undefined where it is absent, null where it is a flag. */
export function parameter(parameters: readonly Parameter[], name: string): string | null | undefined {
  return parameters.find((each) => each.name === name)?.value;
}

/** Writes parameters back as `;name=value;flag`. */
export function formatParameters(parameters: readonly Parameter[]): string {
  return parameters.map(({ name, value }) => (value === null ? `;${name}` : `;${name}=${value}`)).join('');
}
