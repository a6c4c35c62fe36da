import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { SipreelError } from '../../errors/error.ts';

/**
 * Sees to it that one process of this machine is the node with this folder: a second one, such as another process of a cluster
 * of Node.js, would take the recordings of the first for those of a dead one. Linux' abstract sockets are given back by the
 * kernel however the process ends, so nothing stale is ever left.
 * @returns what gives it up @throws SipreelError node_taken
 */
export const claimNode = (dataDir: string, nodeId: string): Promise<() => Promise<void>> => {
  const name = createHash('sha256').update(`${dataDir}\n${nodeId}`).digest('hex').slice(0, 32);
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new SipreelError('node_taken', `another process is node ${JSON.stringify(nodeId)} of ${dataDir}`, {
          cause,
          details: { node_id: nodeId, dir: dataDir },
        }),
      ),
    );
    server.listen(`\0sipreel-${name}`, () => {
      server.unref();
      resolve(() => new Promise((closed) => server.close(() => closed())));
    });
  });
};
