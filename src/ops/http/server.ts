import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import fastifyStatic from '@fastify/static';
import { type FastifyInstance, type FastifyServerOptions, fastify } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { asSipreelError, SipreelError } from '../../errors/error.ts';
import type { Logger } from '../../log.ts';
import { type ApiParts, addApi } from './api/api.ts';
import { addDashboard } from './dashboard.ts';
import { addOpenApi } from './openapi.ts';
import { sendProblem } from './problem.ts';
import { addRecordingRoutes, type RecordingRoutes } from './recordings.ts';
import { requestError } from './request-error.ts';
import { addSchemaRoute } from './schema.ts';
import { addSecurity, type SecurityOptions } from './security.ts';
import { followTls, readTls, type TlsFiles } from './tls.ts';

export interface HttpOptions {
  readonly listen: { readonly host: string; readonly port: number };
  /** HTTPS with this certificate; HTTP without one. */
  readonly tls?: TlsFiles | undefined;
  /** Addresses and networks of proxies whose X-Forwarded-For says who asks. */
  readonly trustProxy?: readonly string[];
  readonly security: SecurityOptions;
  readonly recordings: RecordingRoutes;
  readonly api: ApiParts;
  /** Where the built dashboard is. */
  readonly dashboard: string;
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
  /** OpenAPI 3.1 of all routes. */
  describe(): Promise<object>;
}

const bodyLimit = 1_000_000;
/** A control id has up to 256 characters, of which each can take twelve in a path. */
const maxParamLength = 4_096;

/** The HTTP side: recordings, API and health. Throws tls_unreadable. */
export const createHttp = async (options: HttpOptions): Promise<HttpServer> => {
  const { listen, log, tls, trustProxy = [] } = options;
  const settings: FastifyServerOptions = {
    forceCloseConnections: true,
    exposeHeadRoutes: true,
    bodyLimit,
    trustProxy: trustProxy.length > 0 ? [...trustProxy] : false,
    routerOptions: { maxParamLength },
    // A path that is not percent-encoded as it should be.
    frameworkErrors: (error, _request, reply) => void sendProblem(reply, requestError(error) ?? error),
  };
  const app: FastifyInstance = fastify(
    tls === undefined ? settings : Object.assign({}, settings, { https: readTls(tls) }),
  );
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  takeJson(app);
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
  await addSecurity(app, options.security);
  await addOpenApi(app);
  // The root is never served from: each recording names its own folder.
  await app.register(fastifyStatic, { root: process.cwd(), serve: false, cacheControl: false });
  await app.register((scope, _options, done) => {
    addHealth(scope, options);
    addRecordingRoutes(scope, options.recordings);
    addSchemaRoute(scope);
    addDashboard(scope, options.dashboard);
    done();
  });
  await addApi(app, options.api);
  let unfollow: () => void = () => undefined;

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
      if (tls !== undefined) unfollow = followTls(app.server as unknown as Server, tls, log);
      const { address, port } = app.server.address() as AddressInfo;
      return { host: address, port };
    },
    close() {
      unfollow();
      return app.close();
    },
    async describe() {
      await app.ready();
      return app.swagger();
    },
  };
};

/** JSON alone; a POST that says nothing is none with broken JSON, whatever its client says of its type. */
const takeJson = (app: FastifyInstance): void => {
  app.removeContentTypeParser('text/plain');
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string', bodyLimit }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else void parse(request, String(body), done);
  });
};

const addHealth = (app: FastifyInstance, { health, readiness }: Pick<HttpOptions, 'health' | 'readiness'>): void => {
  const add = (url: string, summary: string, facts: z.ZodType, look: () => { readonly ok: boolean }): void => {
    const response = { 200: facts, 503: facts };
    const schema = { tags: ['server'], summary, security: [], response };
    app.get(url, { config: { access: 'public' }, schema }, (_request, reply) => {
      const now = look();
      return reply.code(now.ok ? 200 : 503).send(now);
    });
  };
  add(
    '/healthz',
    'How the server and its parts are: 200 if well, else 503',
    z.looseObject({ ok: z.boolean() }),
    health,
  );
  add(
    '/readyz',
    'Whether calls are taken: 200 if so, else 503, and either way what is away',
    z.looseObject({ ok: z.boolean(), away: z.array(z.string()) }),
    readiness,
  );
};
