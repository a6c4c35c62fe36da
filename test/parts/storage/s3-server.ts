import { createServer, type IncomingHttpHeaders, request, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';

/** How the way to the service is. */
export type Trouble = 'none' | 'status 500' | 'cut' | 'silent' | 'corrupt' | 'slow';

/** A real S3 server (s3rver), and a way to it that can be made bad. */
export interface S3Server {
  readonly endpoint: string;
  readonly bucket: string;
  /** What happens to uploads from now on. */
  trouble: Trouble;
  /** Requests by method. */
  readonly seen: string[];
  /** Requests that bring something. */
  readonly uploads: { readonly url: string; readonly headers: IncomingHttpHeaders }[];
  /** The keys of the bucket. */
  keys(): Promise<string[]>;
  /** Removes all that is in the bucket. */
  empty(): Promise<void>;
  /** Nobody listens any more; up() has the same port again. */
  down(): Promise<void>;
  up(): Promise<void>;
  close(): Promise<void>;
}

interface Running {
  run(): Promise<{ port: number }>;
  close(): Promise<void>;
}
const S3rver = createRequire(import.meta.url)('s3rver') as new (options: object) => Running;

export const credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };

const listen = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });

/** Starts both on free ports, with one empty bucket below `directory`. */
export const startS3 = async (directory: string): Promise<S3Server> => {
  const bucket = 'recordings';
  const service = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    directory,
    configureBuckets: [{ name: bucket }],
    allowMismatchedSignatures: true,
  });
  const { port: behind } = await service.run();
  const seen: string[] = [];
  const uploads: { url: string; headers: IncomingHttpHeaders }[] = [];
  const state: { trouble: Trouble } = { trouble: 'none' };
  let front: Server;
  let port = 0;
  const open = async (): Promise<void> => {
    front = createServer((incoming, outgoing) => {
      const isUpload = incoming.method === 'PUT';
      seen.push(`${incoming.method} ${incoming.url}`);
      if (isUpload || incoming.method === 'POST') uploads.push({ url: incoming.url ?? '', headers: incoming.headers });
      const trouble = isUpload ? state.trouble : 'none';
      if (trouble === 'status 500') {
        incoming.resume().once('end', () => outgoing.writeHead(500).end());
        return;
      }
      if (trouble === 'silent') return void incoming.resume();
      if (trouble === 'cut') return void incoming.once('data', () => incoming.socket.destroy());
      const forward = request(
        { host: '127.0.0.1', port: behind, method: incoming.method, path: incoming.url, headers: incoming.headers },
        (answer) => {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(outgoing);
        },
      );
      forward.once('error', () => outgoing.destroy());
      incoming.on('data', (chunk: Buffer) => {
        if (trouble === 'corrupt') chunk[0] = ~(chunk[0] ?? 0);
        forward.write(chunk);
        if (trouble === 'slow') {
          incoming.pause();
          setTimeout(() => incoming.resume(), 5);
        }
      });
      incoming.once('end', () => setTimeout(() => forward.end(), trouble === 'slow' ? 300 : 0));
    });
    port = await listen(front, port);
  };
  const shut = (): Promise<void> =>
    new Promise((resolve) => {
      front.close(() => resolve());
      front.closeAllConnections();
    });
  const keys = async (): Promise<string[]> => {
    const listing = await (await fetch(`http://127.0.0.1:${behind}/${bucket}?list-type=2`)).text();
    return [...listing.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) => key).sort();
  };
  await open();
  return {
    endpoint: `http://127.0.0.1:${port}`,
    bucket,
    seen,
    uploads,
    get trouble() {
      return state.trouble;
    },
    set trouble(value) {
      state.trouble = value;
    },
    keys,
    async empty() {
      for (const key of await keys()) {
        await fetch(`http://127.0.0.1:${behind}/${bucket}/${key}`, { method: 'DELETE' });
      }
    },
    down: shut,
    up: open,
    async close() {
      await shut();
      await service.close();
    },
  };
};
