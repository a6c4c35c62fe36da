import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';

/** One request that a test's endpoint got. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** An HTTP server on 127.0.0.1 whose answers a test decides. */
export interface HttpEndpoint {
  readonly url: string;
  readonly port: number;
  readonly received: Received[];
  stop(): Promise<void>;
}

/** Starts one, on `port` to bring one back where it was; `answer` must end the response, or the client hangs. */
export const startHttpEndpoint = async (
  answer: (request: Received, response: ServerResponse) => void,
  options: { readonly port?: number } = {},
): Promise<HttpEndpoint> => {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const entry = { method, path: url, headers, body: Buffer.concat(chunks), at: Date.now() };
      received.push(entry);
      answer(entry, response);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    received,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
