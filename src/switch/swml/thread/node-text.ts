import type { SourceNode } from '../source-node.ts';

/** [line, column, value], [line, column, items] or [line, column, [key, its line, its column, value, ...], 1]. */
type Packed = readonly [number, number, unknown] | readonly [number, number, readonly unknown[], 1];

/** The values of a script with their places as JSON, which goes from thread to thread faster than objects do. */
export const packNode = (node: SourceNode): string => JSON.stringify(pack(node));

/** What packNode was given. */
export const unpackNode = (text: string): SourceNode => unpack(JSON.parse(text) as Packed);

const pack = (node: SourceNode): Packed => {
  const { line, column } = node.at;
  if (node.kind === 'scalar') return [line, column, node.value];
  if (node.kind === 'list') return [line, column, node.items.map(pack)];
  const entries = node.entries.flatMap(({ key, keyAt, value }) => [key, keyAt.line, keyAt.column, pack(value)]);
  return [line, column, entries, 1];
};

const unpack = (packed: Packed): SourceNode => {
  const [line, column, value] = packed;
  const at = { line, column };
  if (!Array.isArray(value)) {
    return { kind: 'scalar', value: value as string | number | boolean | null, at, size: 1, depth: 0 };
  }
  const parts: SourceNode[] = [];
  if (packed.length === 3) {
    for (const item of value) parts.push(unpack(item as Packed));
    return { kind: 'list', items: parts, at, ...extentOf(parts) };
  }
  const entries = [];
  for (let index = 0; index < value.length; index += 4) {
    const [key, keyLine, keyColumn, item] = value.slice(index, index + 4) as [string, number, number, Packed];
    const part = unpack(item);
    parts.push(part);
    entries.push({ key, keyAt: { line: keyLine, column: keyColumn }, value: part });
  }
  return { kind: 'map', entries, at, ...extentOf(parts) };
};

const extentOf = (parts: readonly SourceNode[]): { readonly size: number; readonly depth: number } => {
  let size = 1;
  let depth = 0;
  for (const part of parts) {
    size += part.size;
    if (part.depth > depth) depth = part.depth;
  }
  return { size, depth: depth + 1 };
};
