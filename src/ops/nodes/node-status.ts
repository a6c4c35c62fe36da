import { SipreelError } from '../../errors/error.ts';
import type { Mailbox } from '../../recorder/control/mailbox.ts';
import type { EncodeQueue, FailedJob } from '../../recorder/encode/queue.ts';
import type { NodeRecord } from '../../recorder/registry/heartbeat.ts';
import type { Registry } from '../../recorder/registry/registry.ts';
import type { StoreState } from '../../recorder/storage/stores.ts';
import type { PartHealth, SwitchHealth } from '../../switch/health.ts';

/** A node as it sees itself. */
export interface NodeStatus {
  readonly version: string;
  readonly accepting: boolean;
  readonly calls: number;
  /** Being captured. */
  readonly recordings: number;
  readonly redis: boolean;
  readonly drachtio: readonly PartHealth[];
  readonly rtpengine: readonly PartHealth[];
  readonly trunks: SwitchHealth['trunks'];
  readonly stores: readonly StoreState[];
  /** Bytes that are free where captured sound goes. */
  readonly spool_free_bytes: number;
  /** Recordings that wait for their files. Undefined while Redis is away. */
  readonly queue?: Awaited<ReturnType<EncodeQueue['counts']>>;
}

/** A node that was heard of within a day; without a status if it does not answer. */
export interface NodeView extends NodeRecord {
  readonly status?: NodeStatus;
}

/** The nodes that share a Redis. Every method throws redis_away, redis_refused. */
export interface Nodes {
  list(): Promise<readonly NodeView[]>;
  /** Recordings whose file a node could not make, the last first. Throws node_unknown, node_gone, node_unanswered. */
  failedJobs(nodeId: string): Promise<readonly FailedJob[]>;
  /** Has the node of a recording make its file once more. Throws node_gone, node_unanswered. */
  encode(record: { readonly recording_id: string; readonly node_id: string }): Promise<void>;
}

/** What createNodes needs. */
export interface NodesParts {
  readonly registry: Pick<Registry, 'nodes'>;
  readonly mailbox: Pick<Mailbox, 'handle' | 'ask'>;
  readonly queue: Pick<EncodeQueue, 'add' | 'failed'>;
  readonly own: () => Promise<NodeStatus>;
}

/** Who looks at nodes wants to see them now. */
const withinMs = 2_000;
const mostFailed = 100;

export const createNodes = ({ registry, mailbox, queue, own }: NodesParts): Nodes => {
  mailbox.handle('node.status', own);
  mailbox.handle('encode.failed', () => queue.failed(mostFailed));
  mailbox.handle('encode.again', async ({ recording_id }) => {
    await queue.add(String(recording_id));
    return true;
  });
  return {
    async list() {
      const nodes = await registry.nodes();
      return Promise.all(
        nodes.map(async (node): Promise<NodeView> => {
          if (!node.alive) return node;
          const status = await mailbox
            .ask(node.node_id, 'node.status', {}, { timeoutMs: withinMs })
            // It is told as one that does not answer.
            .catch(() => undefined);
          return status === undefined ? node : { ...node, status: status as NodeStatus };
        }),
      );
    },
    async failedJobs(nodeId) {
      if (!(await registry.nodes()).some(({ node_id }) => node_id === nodeId)) {
        throw new SipreelError(
          'node_unknown',
          `no node ${JSON.stringify(nodeId.slice(0, 100))} was heard of within a day`,
        );
      }
      return (await mailbox.ask(nodeId, 'encode.failed', {})) as readonly FailedJob[];
    },
    async encode({ recording_id, node_id }) {
      await mailbox.ask(node_id, 'encode.again', { recording_id });
    },
  };
};
