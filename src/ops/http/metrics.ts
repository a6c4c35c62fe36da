import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { type MetricValues, metricsText } from '../metrics/meters.ts';

export interface MetricsRoute {
  /** read: who has a key with that scope; public: anybody who reaches the port. */
  readonly access: 'read' | 'public';
  /** The metrics of this process, and of those that it speaks for. */
  readonly values: () => Promise<readonly MetricValues[]>;
}

/** GET /metrics in the text format of Prometheus. */
export const addMetricsRoute = (app: FastifyInstance, { access, values }: MetricsRoute): void => {
  const schema = {
    tags: ['server'],
    summary: 'Metrics for Prometheus; docs/16-metrics.md has all of them. http.metrics says who may read them',
    response: { 200: { description: 'Text of metrics', content: { 'text/plain': { schema: z.string() } } } },
  };
  app.get('/metrics', { config: { access }, schema }, async (_request, reply) => {
    const { type, text } = await metricsText(await values());
    return reply.type(type).header('Cache-Control', 'no-store').send(text);
  });
};
