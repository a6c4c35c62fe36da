import { createHttpApp, type HttpAppOptions } from './app.ts';
import { addHealth, type HealthRoutes } from './health.ts';
import { addMetricsRoute, type MetricsRoute } from './metrics.ts';
import type { HttpServer } from './server.ts';

export interface WorkerHttpOptions extends HttpAppOptions, HealthRoutes {
  readonly listen: { readonly host: string; readonly port: number };
  readonly metrics: MetricsRoute;
}

/** The HTTP side of a worker: its metrics and its health, and nothing of recordings. Throws tls_unreadable. */
export const createWorkerHttp = async (options: WorkerHttpOptions): Promise<Pick<HttpServer, 'start' | 'close'>> => {
  const { app, listen, close } = await createHttpApp(options);
  addHealth(app, options);
  addMetricsRoute(app, options.metrics);
  return { start: () => listen(options.listen), close };
};
