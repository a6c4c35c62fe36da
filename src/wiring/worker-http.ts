import type { Redis } from 'ioredis';
import type { Closers } from '../closers.ts';
import type { Config } from '../config/schema.ts';
import type { Logger } from '../log.ts';
import { createAudit } from '../ops/access/audit.ts';
import { createAccess } from '../ops/access/caller.ts';
import { createKeyStore } from '../ops/access/key-store.ts';
import { isLoopback } from '../ops/access/loopback.ts';
import { createWorkerHttp } from '../ops/http/worker-server.ts';
import type { MetricValues } from '../ops/metrics/meters.ts';

/**
 * Starts /metrics, /livez and /readyz of a worker at http.worker_listen, if that is set; resolves with the bound address.
 * Throws http_listen_failed, tls_unreadable.
 */
export const wireWorkerHttp = async (
  config: Config,
  { redis, values }: { readonly redis: Redis; readonly values: () => Promise<MetricValues> },
  log: Logger,
  closers: Closers,
): Promise<{ readonly host: string; readonly port: number } | undefined> => {
  const { worker_listen: listen, tls, rate_limit, cors, trust_proxy: trustProxy, metrics: access } = config.http;
  if (listen === undefined) return undefined;
  const { prefix } = config.redis;
  const ready = (): boolean => redis.status === 'ready';
  const http = closers.add(
    await createWorkerHttp({
      listen,
      tls: tls.cert === '' ? undefined : tls,
      trustProxy,
      security: {
        access: createAccess({
          keys: createKeyStore({ redis, prefix, log }),
          // No URL of a worker is signed.
          urlKey: Buffer.alloc(0),
          loopback: isLoopback(listen.host) && trustProxy.length === 0,
          now: () => Date.now() / 1000,
        }),
        audit: createAudit(log),
        perMinute: rate_limit,
        allowOrigins: cors,
      },
      metrics: { access, values: async () => [await values()] },
      readiness: () => ({
        ok: ready(),
        away: ready() ? [] : ['redis'],
        dependencies: [{ name: 'redis', ok: ready() }],
      }),
      log,
    }),
    (part) => part.close(),
  );
  return http.start();
};
