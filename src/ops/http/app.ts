import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type FastifyInstance, type FastifyServerOptions, fastify } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { asSipreelError, SipreelError } from '../../errors/error.ts';
import type { Logger } from '../../log.ts';
import { sendProblem } from './problem.ts';
import { bodyLimit, requestError } from './request-error.ts';
import { addSecurity, type SecurityOptions } from './security.ts';
import { followTls, readTls, type TlsFiles } from './tls.ts';

/** An HTTP server without routes. */
export interface HttpApp {
  readonly app: FastifyInstance;
  /** Resolves with the bound address. @throws SipreelError http_listen_failed */
  listen(at: {
    readonly host: string;
    readonly port: number;
  }): Promise<{ readonly host: string; readonly port: number }>;
  /** Idempotent: open downloads are cut. */
  close(): Promise<void>;
}

export interface HttpAppOptions {
  /** HTTPS with this certificate; HTTP without one. */
  readonly tls?: TlsFiles | undefined;
  /** Addresses and networks of proxies whose X-Forwarded-For says who asks. */
  readonly trustProxy?: readonly string[];
  readonly security: SecurityOptions;
  readonly log: Logger;
}

/** A control id has up to 256 characters, of which each can take twelve in a path. */
const maxParamLength = 4_096;

/** What all our HTTP servers have: JSON, problems in place of errors, keys and limits. Throws tls_unreadable. */
export const createHttpApp = async ({ tls, trustProxy = [], security, log }: HttpAppOptions): Promise<HttpApp> => {
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
    const error = requestError(thrown, request) ?? asSipreelError(thrown);
    if (error.kind.fault === 'sipreel') log.error({ err: error, url: request.url }, 'HTTP request failed');
    return sendProblem(reply, error);
  });
  app.setNotFoundHandler((request, reply) =>
    sendProblem(
      reply,
      new SipreelError('not_found', `there is nothing at ${request.method} ${request.url.slice(0, 200)}`),
    ),
  );
  await addSecurity(app, security);
  let unfollow: () => void = () => undefined;

  return {
    app,
    async listen({ host, port }) {
      try {
        await app.listen({ host, port });
      } catch (cause) {
        throw new SipreelError(
          'http_listen_failed',
          `HTTP cannot listen on ${host}:${port}: ${(cause as Error).message}`,
          { cause },
        );
      }
      if (tls !== undefined) unfollow = followTls(app.server as unknown as Server, tls, log);
      const bound = app.server.address() as AddressInfo;
      return { host: bound.address, port: bound.port };
    },
    close() {
      unfollow();
      return app.close();
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
