import {
  isPlainObject,
  ownValue,
  type Path,
  parsePath,
  refusalOfPath,
  valueAt,
  withoutValueAt,
  withValueAt,
} from './path.ts';

/** The variables of a call by scope; what an expression and a script's server are given. */
export interface Scopes {
  readonly vars: Readonly<Record<string, unknown>>;
  readonly envs: Readonly<Record<string, unknown>>;
  readonly call: Readonly<Record<string, unknown>>;
  readonly params: Readonly<Record<string, unknown>>;
}

/** The most characters of text and values that the variables of one call may hold. */
export const maxVariablesSize = 1_048_576;

const scopeNames = ['vars', 'envs', 'call', 'params'] as const;
/** The scopes of a name without a prefix, in the order in which they are asked. */
const lookupOrder = ['vars', 'envs', 'call'] as const;

/** The variables of one call. Values are never changed in place, so what was read stays as it was. */
export interface Variables {
  /** The value that a reference such as `vars.a.b[0]` has, undefined where unset; undefined if it is no path. */
  lookup(reference: string): { readonly value: unknown } | undefined;
  /** The value of a variable of `vars`, undefined where unset. */
  get(name: string): unknown;
  /** Sets a variable of `vars`. Gives the reason if that is refused, in words that follow the name. */
  set(name: string, value: unknown): string | undefined;
  /** Gives the reason if that is refused; an unset variable stays unset. */
  unset(name: string): string | undefined;
  /** The parameters of the section that runs now. */
  useParams(params: Readonly<Record<string, unknown>>): void;
  scopes(): Scopes;
}

/** The variables at the start of a call; `call` is asked at each look, as the call's state changes. */
export const createVariables = (start: {
  readonly call: () => Readonly<Record<string, unknown>>;
  readonly envs?: Readonly<Record<string, unknown>>;
  readonly vars?: Readonly<Record<string, unknown>>;
}): Variables => {
  const envs = start.envs ?? {};
  let vars: Readonly<Record<string, unknown>> = { ...start.vars };
  let params: Readonly<Record<string, unknown>> = {};
  const sizes = new Map(Object.entries(vars).map(([name, value]) => [name, sizeOf(value, maxVariablesSize)]));

  const scopes = (): Scopes => ({ vars, envs, call: start.call(), params });

  const lookup: Variables['lookup'] = (reference) => {
    const path = parsePath(reference);
    if (!path) return Object.hasOwn(vars, reference) ? { value: vars[reference] } : undefined;
    const all = scopes();
    const [head, ...rest] = path;
    const scope = scopeNames.find((name) => name === head);
    if (scope !== undefined) return rest.length === 0 ? { value: all[scope] } : resolve([all[scope]], rest);
    return resolve(
      lookupOrder.map((name) => all[name]),
      path,
    );
  };

  return {
    lookup,
    get: (name) => ownValue(vars, name),
    set(name, value) {
      const path = pathOfVariable(name);
      if (typeof path === 'string') return path;
      const [head] = path;
      const changed = withValueAt(vars, path, value) as Readonly<Record<string, unknown>>;
      const others = [...sizes].reduce((sum, [other, size]) => (other === String(head) ? sum : sum + size), 0);
      const size = sizeOf(changed[String(head)], maxVariablesSize - others);
      if (others + size > maxVariablesSize) return `would be too large: all variables together may have 1 MB`;
      sizes.set(String(head), size);
      vars = changed;
      return undefined;
    },
    unset(name) {
      const path = pathOfVariable(name);
      if (typeof path === 'string') return path;
      vars = withoutValueAt(vars, path) as Readonly<Record<string, unknown>>;
      const head = String(path[0]);
      if (Object.hasOwn(vars, head)) sizes.set(head, sizeOf(vars[head], maxVariablesSize));
      else sizes.delete(head);
      return undefined;
    },
    useParams(given) {
      params = given;
    },
    scopes,
  };
};

/** The path below `vars` that `set` and `unset` mean, or why there is none. */
const pathOfVariable = (name: string): Path | string => {
  const path = parsePath(name) ?? (/[.[\]]/.test(name) || name === '' ? undefined : [name]);
  if (!path) return 'is not a name for a variable, such as a.b[0]';
  const [head, ...rest] = path;
  if (head === 'vars' && rest.length > 0) return refusalOfPath(rest) ?? rest;
  if (scopeNames.some((scope) => scope === head)) return `is not a variable of vars: ${head} is read only`;
  return refusalOfPath(path) ?? path;
};

/**
 * The value of a path in the first of the scopes that has its first name. A name with hyphens, as HTTP headers have,
 * may as well be a subtraction: it is a name unless only its part before the hyphen is set; undefined is given then.
 */
const resolve = (scopes: readonly unknown[], path: Path): { readonly value: unknown } | undefined => {
  const [head] = path;
  if (head === undefined) return undefined;
  const scope = scopes.find((candidate) => ownValue(candidate, head) !== undefined);
  let place = scope;
  for (const step of path) {
    if (typeof step === 'string' && step.includes('-') && ownValue(place, step) === undefined) {
      const before = step.slice(0, step.indexOf('-'));
      const among = place === undefined && step === head ? scopes : [place];
      if (among.some((candidate) => isPlainObject(candidate) && Object.hasOwn(candidate, before))) return undefined;
    }
    place = ownValue(place, step);
  }
  return { value: valueAt(scope, path) };
};

/** JSON of values that scopes share from one expression to the next; they are never changed in place. */
const printed = new WeakMap<object, string>();

const jsonOf = (value: unknown): string | undefined => {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const known = printed.get(value);
  if (known !== undefined) return known;
  const json = JSON.stringify(value);
  printed.set(value, json);
  return json;
};

/** The scopes as JSON, made of what was printed before as far as it has not changed. */
export const scopesJson = (scopes: Scopes): string => {
  const scope = (values: Readonly<Record<string, unknown>>): string => {
    const parts = Object.entries(values).flatMap(([name, value]) => {
      const json = jsonOf(value);
      return json === undefined ? [] : [`${JSON.stringify(name)}:${json}`];
    });
    return `{${parts.join(',')}}`;
  };
  const parts = scopeNames.map((name) => `"${name}":${scope(scopes[name])}`);
  return `{${parts.join(',')}}`;
};

/** About as many characters as the value has in JSON, counted until `most` is passed, so that no value takes long. */
export const sizeOf = (value: unknown, most: number): number => {
  let size = 0;
  const waiting: unknown[] = [value];
  while (waiting.length > 0 && size <= most) {
    const next = waiting.pop();
    if (typeof next === 'string') size += next.length + 2;
    else if (Array.isArray(next)) {
      size += 2 + next.length;
      if (size <= most) for (const item of next) waiting.push(item);
    } else if (isPlainObject(next)) {
      size += 2;
      for (const [key, item] of Object.entries(next)) {
        size += key.length + 4;
        waiting.push(item);
      }
    } else size += 5;
  }
  return size;
};
