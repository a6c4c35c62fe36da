import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A TCP line to a port, which a test can cut while both its ends live on. */
export interface ControlLine {
  /** host:port of its near end. */
  readonly address: string;
  /** Lets nothing pass any more, nor a word of it, as a machine that has vanished; until cut(). */
  hang(): void;
  /** Breaks all connections; what connects afterwards goes through again. */
  cut(): void;
  close(): Promise<void>;
}

/** @param to host:port of the far end */
export const createControlLine = async (to: string): Promise<ControlLine> => {
  const [host = '', port = ''] = to.split(':');
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    // Whoever is cut off sees it by the end of its connection.
    return socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  };
  const server = createServer((near) => {
    const far = connect(Number(port), host);
    keep(near).pipe(keep(far)).pipe(near);
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    address: `127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    hang: () => {
      for (const socket of sockets) socket.unpipe().pause();
    },
    cut,
    async close() {
      cut();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};
