import type { FastifyInstance } from 'fastify';
import { z } from 'zod';

/** Something that this process needs, by kind and address: `rtpengine 10.0.0.5:22222`. */
export interface Dependency {
  readonly name: string;
  readonly ok: boolean;
}

export interface HealthRoutes {
  /** What /readyz says: 200 if calls are taken, or files made; else 503, and either way which parts are away. */
  readonly readiness: () => {
    readonly ok: boolean;
    readonly away: readonly string[];
    readonly dependencies?: readonly Dependency[];
  };
}

interface Ok {
  readonly ok: boolean;
}

/** One public route that answers 200 or 503 with facts. */
export const addHealthRoute = (
  app: FastifyInstance,
  url: string,
  summary: string,
  facts: z.ZodType,
  look: () => Ok,
): void => {
  const response = { 200: facts, 503: facts };
  const schema = { tags: ['server'], summary, security: [], response };
  app.get(url, { config: { access: 'public' }, schema }, (_request, reply) => {
    const now = look();
    return reply
      .code(now.ok ? 200 : 503)
      .header('Cache-Control', 'no-store')
      .send(now);
  });
};

/** GET /livez and /readyz, for whoever restarts processes and whoever sends them calls. */
export const addHealth = (app: FastifyInstance, { readiness }: HealthRoutes): void => {
  addHealthRoute(
    app,
    '/livez',
    'Whether the process is alive: 200 as long as it answers; one that does not answer should be restarted',
    z.object({ ok: z.literal(true), uptime_s: z.number() }),
    () => ({ ok: true, uptime_s: Math.round(process.uptime()) }),
  );
  addHealthRoute(
    app,
    '/readyz',
    'Whether work is taken: 200 if so, else 503, and either way each part that is needed and what is away',
    z.looseObject({
      ok: z.boolean(),
      away: z.array(z.string()),
      dependencies: z.array(z.object({ name: z.string(), ok: z.boolean() })).optional(),
    }),
    readiness,
  );
};
