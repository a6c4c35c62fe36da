import type { Position } from './script-error.ts';

/** One key of a map with the place where the key stands. */
export interface SourceEntry {
  readonly key: string;
  readonly keyAt: Position;
  readonly value: SourceNode;
}

interface Extent {
  readonly at: Position;
  /** Values in it, itself included, aliases counted as what they stand for. */
  readonly size: number;
  /** Levels of lists and maps in it; a scalar has 0. */
  readonly depth: number;
}

/** A value of a script together with where it was written. */
export type SourceNode =
  | (Extent & { readonly kind: 'scalar'; readonly value: string | number | boolean | null })
  | (Extent & { readonly kind: 'list'; readonly items: readonly SourceNode[] })
  | (Extent & { readonly kind: 'map'; readonly entries: readonly SourceEntry[] });

/** The plain value of a node. Keys are defined, not assigned, so that `__proto__` is a key like any other. */
export const plainValue = (node: SourceNode): unknown => {
  switch (node.kind) {
    case 'scalar':
      return node.value;
    case 'list':
      return node.items.map(plainValue);
    case 'map':
      return Object.fromEntries(node.entries.map(({ key, value }) => [key, plainValue(value)]));
  }
};

/** The entry of a map with this key, if the node is a map and has it. */
export const entryOf = (node: SourceNode, key: string): SourceEntry | undefined =>
  node.kind === 'map' ? node.entries.find((entry) => entry.key === key) : undefined;

/** Where the innermost part of `path` that was written stands: a key for a map, a value for a list. */
export const positionIn = (node: SourceNode, path: readonly (string | number)[]): Position | undefined => {
  let found: Position | undefined;
  let current: SourceNode | undefined = node;
  for (const step of path) {
    if (current === undefined) break;
    if (typeof step === 'number') {
      current = current.kind === 'list' ? current.items[step] : undefined;
      found = current?.at ?? found;
    } else {
      const entry = entryOf(current, step);
      current = entry?.value;
      found = entry?.keyAt ?? found;
    }
  }
  return found;
};

/** A kind of node in words. */
export const kindName = (node: SourceNode): string => {
  if (node.kind === 'list') return 'a list';
  if (node.kind === 'map') return 'keys and values';
  return node.value === null ? 'nothing' : `the ${typeof node.value} ${JSON.stringify(node.value)}`;
};
