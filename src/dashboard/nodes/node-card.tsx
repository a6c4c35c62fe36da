import type { Node, NodeStatus } from '../api/types.ts';
import { bytesText, momentText } from '../parts/text.ts';
import { FailedJobs } from './failed-jobs.tsx';
import { PartLine } from './part-line.tsx';

const Parts = ({ status }: { readonly status: NodeStatus }) => (
  <ul class="health" aria-label="Parts">
    <PartLine name="Redis" ok={status.redis} />
    {status.drachtio.map(({ address, ok, calls }) => (
      <PartLine key={address} name={`drachtio ${address}`} ok={ok} note={`${calls} calls`} />
    ))}
    {status.rtpengine.map(({ address, ok, calls }) => (
      <PartLine key={address} name={`rtpengine ${address}`} ok={ok} note={`${calls} calls`} />
    ))}
    {status.stores.map(({ store, ok, free_bytes, error }) => (
      <PartLine
        key={store}
        name={`storage ${store}`}
        ok={ok}
        note={error ?? (free_bytes === undefined ? '' : `${bytesText(free_bytes)} free`)}
      />
    ))}
    <PartLine name="spool" ok={status.spool_free_bytes > 0} note={`${bytesText(status.spool_free_bytes)} free`} />
    {status.trunks.map(({ name, up, inbound_calls, outbound_calls }) => (
      <PartLine key={name} name={`trunk ${name}`} ok={up} note={`${inbound_calls} in, ${outbound_calls} out`} />
    ))}
  </ul>
);

const kinds = ['active', 'waiting', 'delayed', 'failed'] as const;
const titles = { active: 'at work', waiting: 'waiting', delayed: 'tried later', failed: 'failed' } as const;

const Queue = ({ queue }: { readonly queue: NonNullable<NodeStatus['queue']> }) => (
  <dl class="numbers" aria-label="Files to be made">
    {kinds.map((kind) => (
      <div key={kind} class={kind === 'failed' && queue.failed > 0 ? 'bad' : ''}>
        <dt>{titles[kind]}</dt>
        <dd>{queue[kind]}</dd>
      </div>
    ))}
  </dl>
);

const wordOf = ({ alive, status }: Node): readonly [string, string] => {
  if (!alive) return ['gone', 'bad'];
  if (status === undefined) return ['does not answer', 'bad'];
  return status.accepting ? ['takes calls', 'good'] : ['takes no calls', 'warn'];
};

/** A node: what it does, and how it and what it needs are. */
export const NodeCard = ({ node }: { readonly node: Node }) => {
  const { node_id, alive, last_seen, status } = node;
  const [word, tone] = wordOf(node);
  return (
    <li class="card node">
      <div class="head">
        <h2>{node_id}</h2>
        <span class={`badge ${tone}`}>{word}</span>
      </div>
      {!alive && (
        <p class="trouble">
          It was last heard of {momentText(last_seen)}. Recordings that only it has wait until it is back.
        </p>
      )}
      {status && (
        <>
          <p class="facts">
            <span>{status.calls} calls</span>
            <span>{status.recordings} recordings</span>
            <span>sipreel {status.version}</span>
          </p>
          <Parts status={status} />
          <h3>Files to be made</h3>
          {status.queue ? <Queue queue={status.queue} /> : <p class="hint">Unknown while Redis is away.</p>}
          {status.queue !== undefined && status.queue.failed > 0 && <FailedJobs nodeId={node_id} />}
        </>
      )}
    </li>
  );
};
