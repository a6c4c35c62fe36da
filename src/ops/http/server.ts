import type { AddressInfo } from 'node:net';
import fastifyStatic from '@fastify/static';
import { fastify } from 'fastify';
import { asSipreelError, SipreelError } from '../../errors/error.ts';
import type { Logger } from '../../log.ts';
import { sendProblem } from './problem.ts';
import { addRecordingRoutes, type RecordingRoutes } from './recordings.ts';
import { addSchemaRoute } from './schema.ts';

export interface HttpOptions {
  readonly listen: { readonly host: string; readonly port: number };
  readonly recordings: RecordingRoutes;
  /** What /healthz says: 200 if ok, else 503. */
  readonly health: () => { readonly ok: boolean } & Readonly<Record<string, unknown>>;
  /** What /readyz says: 200 if calls are taken, else 503, and either way which parts are away. */
  readonly readiness: () => { readonly ok: boolean; readonly away: readonly string[] };
  readonly log: Logger;
}

export interface HttpServer {
  /** Resolves with the bound address. @throws SipreelError http_listen_failed */
  start(): Promise<{ readonly host: string; readonly port: number }>;
  /** Idempotent: open downloads are cut. */
  close(): Promise<void>;
}

/** The HTTP side: recordings and health. */
export const createHttp = async (options: HttpOptions): Promise<HttpServer> => {
  const { listen, log } = options;
  const app = fastify({ forceCloseConnections: true, exposeHeadRoutes: true, bodyLimit: 1_000_000 });
  // The root is never served from: each recording names its own folder.
  await app.register(fastifyStatic, { root: process.cwd(), serve: false, cacheControl: false });
  app.setErrorHandler((thrown, request, reply) => {
    const error = requestError(thrown) ?? asSipreelError(thrown);
    if (error.kind.fault === 'sipreel') log.error({ err: error, url: request.url }, 'HTTP request failed');
    return sendProblem(reply, error);
  });
  app.setNotFoundHandler((request, reply) =>
    sendProblem(
      reply,
      new SipreelError('not_found', `there is nothing at ${request.method} ${request.url.slice(0, 200)}`),
    ),
  );
  app.get('/healthz', (_request, reply) => {
    const health = options.health();
    return reply.code(health.ok ? 200 : 503).send(health);
  });
  app.get('/readyz', (_request, reply) => {
    const readiness = options.readiness();
    return reply.code(readiness.ok ? 200 : 503).send(readiness);
  });
  addRecordingRoutes(app, options.recordings);
  addSchemaRoute(app);

  return {
    async start() {
      try {
        await app.listen({ host: listen.host, port: listen.port });
      } catch (cause) {
        throw new SipreelError(
          'http_listen_failed',
          `HTTP cannot listen on ${listen.host}:${listen.port}: ${(cause as Error).message}`,
          {
            cause,
          },
        );
      }
      const { address, port } = app.server.address() as AddressInfo;
      return { host: address, port };
    },
    close: () => app.close(),
  };
};

/** What Fastify and its plugins throw for a request that is at fault: errors with a statusCode of their own. */
const requestError = (thrown: unknown): SipreelError | undefined => {
  if (thrown instanceof SipreelError || !(thrown instanceof Error) || !('statusCode' in thrown)) return undefined;
  const status = Number(thrown.statusCode);
  if (status === 416) return new SipreelError('range_unsatisfiable', 'the range begins beyond the end of the file');
  return status >= 400 && status < 500 ? new SipreelError('request_invalid', thrown.message) : undefined;
};
