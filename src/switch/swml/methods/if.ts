import type { Method, ParameterLoader } from '../method.ts';
import type { SourceNode } from '../source-node.ts';
import { cond, loadBranches } from './cond.ts';

/** `condition` is another name of `when`. */
const withWhen = (node: SourceNode): SourceNode => {
  if (node.kind === 'list') return { ...node, items: node.items.map(withWhen) };
  if (node.kind !== 'map') return node;
  const entries = node.entries.map((entry) => (entry.key === 'condition' ? { ...entry, key: 'when' } : entry));
  return { ...node, entries };
};

const load: ParameterLoader = (node, loader, path) => loadBranches(withWhen(node), loader, path);

/** `if`: `{when, then, else}`; whatever cond takes is taken too. */
export const ifMethod: Method = { ...cond, name: 'if', load: { conditions: load } };
