import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { asSipreelError, SipreelError } from '../../errors/error.ts';
import type { Audit } from '../access/audit.ts';
import { type Access, type Caller, mustBeAllowed } from '../access/caller.ts';
import type { Scope } from '../access/scopes.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The scope that a route needs, or public; read where nothing is said. */
    access?: Scope | 'public';
    /** What the audit calls it; without it, only refusals are written down. */
    audit?: string;
    /** A signature in the query does in place of a key; gives the path that it is for. */
    signedPath?: (request: FastifyRequest) => string | undefined;
  }
  interface FastifyRequest {
    /** Who asks; undefined until that is known, and on public routes. */
    caller?: Caller | undefined;
    /** Why the request is not let in; thrown as soon as it has been counted. */
    refusal?: SipreelError | undefined;
    /** What a request is about, for the audit, where its path does not say so. */
    auditTarget?: Readonly<Record<string, unknown>> | undefined;
    /** The code of the error that it was answered with. */
    failedWith?: string | undefined;
  }
}

/** How the server protects itself. */
export interface SecurityOptions {
  readonly access: Access;
  readonly audit: Audit;
  /** Requests a minute for each key, or address without one; 0 for no limit. */
  readonly perMinute: number;
  /** Origins of pages that may use the API in a browser; none by default. */
  readonly allowOrigins: readonly string[];
}

/** The caller on a route that needs a scope: nobody else gets as far as its handler. */
export const callerOf = (request: FastifyRequest): Caller => request.caller ?? { by: 'url' };

const isPublic = (request: FastifyRequest): boolean => request.is404 || request.routeOptions.config.access === 'public';

const signatureIn = (request: FastifyRequest) => {
  const { expires, signature } = request.query as { readonly expires?: unknown; readonly signature?: unknown };
  const path = request.routeOptions.config.signedPath?.(request);
  if (path === undefined || (expires === undefined && signature === undefined)) return undefined;
  return { path, expires: String(expires), signature: String(signature) };
};

/**
 * Keys, signed URLs, limits, pages of other origins, and the audit, for all routes that are added later. One who is refused is
 * counted, too.
 */
export const addSecurity = async (app: FastifyInstance, options: SecurityOptions): Promise<void> => {
  const { access, audit, perMinute, allowOrigins } = options;
  app.decorateRequest('caller', undefined);
  app.decorateRequest('refusal', undefined);
  app.decorateRequest('failedWith', undefined);
  app.decorateRequest('auditTarget', undefined);

  app.addHook('onRequest', async (request, reply) => {
    void reply.header('X-Content-Type-Options', 'nosniff');
    const { origin } = request.headers;
    if (origin !== undefined && allowOrigins.includes(origin)) {
      void reply.header('Access-Control-Allow-Origin', origin).header('Vary', 'Origin');
      void reply.header('Access-Control-Expose-Headers', 'Retry-After, Idempotency-Replayed');
    }
    if (isPublic(request)) return;
    try {
      const { headers, method } = request;
      request.caller = await access.identify({ headers, method, signed: signatureIn(request) });
      mustBeAllowed(request.caller, (request.routeOptions.config.access ?? 'read') as Scope);
    } catch (thrown) {
      request.refusal = asSipreelError(thrown);
    }
  });

  if (perMinute > 0) {
    await app.register(rateLimit, {
      max: perMinute,
      timeWindow: 60_000,
      keyGenerator: ({ caller, ip }) => (caller?.by === 'key' ? `key ${caller.id}` : ip),
      // Who has a signed URL was let in by whoever gave it away; calls that play recordings come that way, from one address.
      allowList: (request) => isPublic(request) || (request.caller?.by === 'url' && request.refusal === undefined),
      errorResponseBuilder: (_request, { max, after }) =>
        new SipreelError('rate_limited', `more than ${max} requests in a minute; try again in ${after}`),
    });
  }

  // After the limit, which is the last of the hooks before.
  app.addHook('preParsing', async (request, reply) => {
    if (request.refusal === undefined) return;
    if (request.refusal.kind.http === 401) void reply.header('WWW-Authenticate', 'Bearer realm="sipreel"');
    throw request.refusal;
  });

  app.addHook('onResponse', async (request, reply) => {
    const action = request.routeOptions.config.audit;
    const refused = request.refusal !== undefined;
    if (action === undefined && !refused) return;
    audit({
      action: action ?? `${request.method} ${request.routeOptions.url ?? ''}`,
      caller: request.caller,
      address: request.ip,
      target: { ...(request.params as object), ...request.auditTarget, ...targetOfQuery(request) },
      status: reply.statusCode,
      code: request.failedWith,
    });
  });

  if (allowOrigins.length > 0) addPreflight(app, allowOrigins);
};

/** What was looked for; a signature would let others in. */
const targetOfQuery = (request: FastifyRequest): Readonly<Record<string, unknown>> => {
  const { signature: _, ...query } = request.query as Record<string, unknown>;
  return Object.keys(query).length === 0 ? {} : { query };
};

const addPreflight = (app: FastifyInstance, origins: readonly string[]): void => {
  app.options('/*', { config: { access: 'public' }, schema: { hide: true } }, (request, reply) => {
    if (request.headers.origin !== undefined && origins.includes(request.headers.origin)) {
      void reply.header('Access-Control-Allow-Methods', 'GET, POST, PUT, DELETE');
      void reply.header('Access-Control-Allow-Headers', 'Authorization, Content-Type, Idempotency-Key, Last-Event-ID');
      void reply.header('Access-Control-Max-Age', '600');
    }
    return reply.code(204).send();
  });
};
