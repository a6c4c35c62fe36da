import fastifyStatic from '@fastify/static';
import { z } from 'zod';
import { type ApiParts, addApi } from './api/api.ts';
import { createHttpApp, type HttpAppOptions } from './app.ts';
import { addDashboard } from './dashboard.ts';
import { addHealth, addHealthRoute, type HealthRoutes } from './health.ts';
import { addMetricsRoute, type MetricsRoute } from './metrics.ts';
import { addOpenApi } from './openapi.ts';
import { addRecordingRoutes, type RecordingRoutes } from './recordings.ts';
import { addSchemaRoute } from './schema.ts';

export interface HttpOptions extends HttpAppOptions, HealthRoutes {
  readonly listen: { readonly host: string; readonly port: number };
  readonly recordings: RecordingRoutes;
  readonly api: ApiParts;
  /** Where the built dashboard is. */
  readonly dashboard: string;
  readonly metrics: MetricsRoute;
  /** What /healthz says: 200 if ok, else 503. */
  readonly health: () => { readonly ok: boolean } & Readonly<Record<string, unknown>>;
}

export interface HttpServer {
  /** Resolves with the bound address. @throws SipreelError http_listen_failed */
  start(): Promise<{ readonly host: string; readonly port: number }>;
  /** Idempotent: open downloads are cut. */
  close(): Promise<void>;
  /** OpenAPI 3.1 of all routes. */
  describe(): Promise<object>;
}

/** The HTTP side: recordings, API and health. Throws tls_unreadable. */
export const createHttp = async (options: HttpOptions): Promise<HttpServer> => {
  const { app, listen, close } = await createHttpApp(options);
  await addOpenApi(app);
  // The root is never served from: each recording names its own folder.
  await app.register(fastifyStatic, { root: process.cwd(), serve: false, cacheControl: false });
  await app.register((scope, _options, done) => {
    addHealthRoute(
      scope,
      '/healthz',
      'How the server and its parts are: 200 if well, else 503',
      z.looseObject({ ok: z.boolean() }),
      options.health,
    );
    addHealth(scope, options);
    addMetricsRoute(scope, options.metrics);
    addRecordingRoutes(scope, options.recordings);
    addSchemaRoute(scope);
    addDashboard(scope, options.dashboard);
    done();
  });
  await addApi(app, options.api);

  return {
    start: () => listen(options.listen),
    close,
    async describe() {
      await app.ready();
      return app.swagger();
    },
  };
};
