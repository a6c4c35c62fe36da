import type { NodeList } from '../api/types.ts';
import { useFetched } from '../api/use-fetched.ts';
import { Trouble } from '../parts/trouble.tsx';
import { DeadLetters } from './dead-letters.tsx';
import { NodeCard } from './node-card.tsx';

const everyMs = 5_000;

/** The nodes and how they are, files that could not be made, and events that nobody took. */
export const NodesView = () => {
  const { answer, error } = useFetched<NodeList>('/api/nodes', { everyMs });
  return (
    <>
      <h1>Nodes</h1>
      <Trouble error={error} />
      <ul class="cards wide" aria-label="Nodes">
        {answer?.nodes.map((node) => (
          <NodeCard key={node.node_id} node={node} />
        ))}
      </ul>
      <DeadLetters />
    </>
  );
};
