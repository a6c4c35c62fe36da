/** The way to a value: keys of objects and indexes of arrays, such as ['a', 'b', 0] for `a.b[0]`. */
export type Path = readonly (string | number)[];

/** Keys that reach beyond the data in JavaScript. */
const forbidden: ReadonlySet<string> = new Set(['__proto__', 'prototype', 'constructor']);
/** Words of JavaScript that look like names. */
const words: ReadonlySet<string> = new Set(['true', 'false', 'null', 'undefined', 'NaN', 'Infinity', 'this']);
const first = /^[A-Za-z_$][\w$-]*/;
const further = /\.([\w$][\w$-]*)|\[(\d{1,9})\]|\[(?:'([^'\\]*)'|"([^"\\]*)")\]/y;
/** The longest array that a script may make by setting an index. */
const maxArrayLength = 10_000;

/** The path that a text like `a.b[0]["x-c"]` names, or undefined for anything else, which is JavaScript then. */
export const parsePath = (text: string): Path | undefined => {
  const name = first.exec(text)?.[0];
  if (name === undefined || words.has(name)) return undefined;
  const path: (string | number)[] = [name];
  further.lastIndex = name.length;
  while (further.lastIndex < text.length) {
    const found = further.exec(text);
    if (!found) return undefined;
    const [, dotted, index, single, double] = found;
    if (index !== undefined) path.push(Number(index));
    else if (dotted !== undefined && /^\d{1,9}$/.test(dotted)) path.push(Number(dotted));
    else path.push(dotted ?? single ?? double ?? '');
  }
  return path;
};

/** A path as text: the inverse of parsePath for paths that begin with a name. */
export const printPath = (path: Path): string =>
  path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`;
      if (/^[\w$][\w$-]*$/.test(step)) return index === 0 ? step : `.${step}`;
      return index === 0 ? step : `[${JSON.stringify(step)}]`;
    })
    .join('');

/** The value's own property; nothing is ever read from a prototype. */
export const ownValue = (value: unknown, key: string | number): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string | number, unknown>)[key]
    : undefined;

/** The value at the end of a path, or undefined if there is none. */
export const valueAt = (root: unknown, path: Path): unknown => path.reduce(ownValue, root);

/** Why a value cannot be set at a path, or undefined if it can. */
export const refusalOfPath = (path: Path): string | undefined => {
  const bad = path.find((step) => typeof step === 'string' && forbidden.has(step));
  if (bad !== undefined) return `${bad} is not a name for a variable`;
  if (path.some((step) => typeof step === 'number' && step >= maxArrayLength)) {
    return `an index may be ${maxArrayLength - 1} at most`;
  }
  return undefined;
};

/**
 * A copy of `root` with `value` at the path; containers on the way are copied or made. What was read from the old root
 * stays as it was. The path must have passed refusalOfPath.
 */
export const withValueAt = (root: unknown, path: Path, value: unknown): unknown => {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (Array.isArray(root) && typeof key === 'number') {
    // No holes: what lies between is null, as in JSON.
    const copy = Array.from({ length: Math.max(root.length, key + 1) }, (_, index) => (root[index] ?? null) as unknown);
    copy[key] = withValueAt(copy[key], rest, value);
    return copy;
  }
  if (typeof key === 'number' && !isPlainObject(root)) return withValueAt([], path, value);
  const object = isPlainObject(root) ? root : {};
  return { ...object, [key]: withValueAt(ownValue(object, key), rest, value) };
};

/** A copy of `root` without what stands at the path; `root` itself if nothing stands there. */
export const withoutValueAt = (root: unknown, path: Path): unknown => {
  const [key, ...rest] = path;
  if (key === undefined || typeof root !== 'object' || root === null || !Object.hasOwn(root, key)) return root;
  if (rest.length > 0) return withValueAt(root, [key], withoutValueAt(ownValue(root, key), rest));
  if (Array.isArray(root)) return root.filter((_, index) => index !== key);
  return Object.fromEntries(Object.entries(root).filter(([name]) => name !== String(key)));
};

/** True for an object that is neither an array nor null. */
export const isPlainObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
