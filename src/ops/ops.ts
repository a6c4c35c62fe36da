import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Redis } from 'ioredis';
import { SipreelError } from '../errors/error.ts';
import { createLog, type Logger } from '../log.ts';
import type { LevelReader } from '../recorder/control/levels.ts';
import type { RecordingRecord } from '../recorder/recording/record.ts';
import { createAudit } from './access/audit.ts';
import { createAccess } from './access/caller.ts';
import { createKeyStore } from './access/key-store.ts';
import { isLoopback } from './access/loopback.ts';
import { agreeOnUrlKey } from './access/url-key.ts';
import { signPath } from './access/url-signature.ts';
import { createEventFeed } from './events/event-feed.ts';
import { createLevelFeed } from './events/level-feed.ts';
import type { ApiParts } from './http/api/api.ts';
import { createIdempotency } from './http/idempotency.ts';
import { recordingPath } from './http/recordings.ts';
import { createHttp, type HttpOptions, type HttpServer } from './http/server.ts';

/** What createOps works with. Who makes the connections closes them, after ops. */
export interface OpsParts {
  /** In role commands, and there already. */
  readonly redis: Redis;
  /** In role blocking, of ops alone. */
  readonly reader: Redis;
  readonly registry: ApiParts['registry'] & HttpOptions['recordings']['registry'];
  readonly api: Pick<
    ApiParts,
    'control' | 'deletions' | 'directory' | 'calls' | 'deliveries' | 'waveforms' | 'facts' | 'nodes'
  >;
  /** How loud the recordings in progress are. */
  readonly levels: LevelReader;
  readonly live: HttpOptions['recordings']['live'];
  readonly storage: HttpOptions['recordings']['storage'];
  readonly health: HttpOptions['health'];
  readonly readiness: HttpOptions['readiness'];
  readonly metrics: HttpOptions['metrics'];
  readonly log: Logger;
}

export interface OpsOptions extends Pick<HttpOptions, 'listen' | 'tls' | 'trustProxy'> {
  readonly nodeId: string;
  /** Of all keys in Redis. */
  readonly prefix: string;
  /** Where the key of signed URLs is kept beside Redis. */
  readonly dataDir: string;
  /** How long a signed URL can be used, ms. */
  readonly urlLifeMs: number;
  /** How long a request for a recording in progress waits, ms. */
  readonly waitMs: number;
  /** See SecurityOptions. */
  readonly perMinute: number;
  readonly allowOrigins: readonly string[];
  /** A file for the audit; the log without it. */
  readonly auditFile: string;
  /** Where the built dashboard is; by default beside this program. */
  readonly dashboard?: string;
}

const builtDashboard = fileURLToPath(new URL('../dashboard', import.meta.url));

/** All that looks at calls and recordings, and lets others do so. */
export interface Ops extends Pick<HttpServer, 'start'> {
  /** Path and query of record_call_url, good for http.url_life from now on. */
  signedPath(recording: { readonly recording_id: string; readonly format: string }): string;
  /** Tells those who listen to /api/events, at all nodes, of what happened here. Never throws. */
  tell(event: string, data: Readonly<Record<string, unknown>>): void;
  /** Writes down what happened without a request, in the audit of those that did. */
  audit(action: string, facts: Readonly<Record<string, unknown>>): void;
  /** Idempotent. */
  close(): Promise<void>;
}

/** Throws http_unprotected, url_key_unreadable, tls_unreadable, redis_away. */
export const createOps = async (parts: OpsParts, options: OpsOptions): Promise<Ops> => {
  const { redis, registry, log } = parts;
  const { prefix, listen, trustProxy = [] } = options;
  const keys = createKeyStore({ redis, prefix, log });
  // A proxy brings others here, though it is of this machine.
  const loopback = isLoopback(listen.host) && trustProxy.length === 0;
  if (!loopback && !(await keys.any())) {
    throw new SipreelError(
      'http_unprotected',
      `http.listen is ${listen.host}:${listen.port}, which others reach${trustProxy.length > 0 ? ' by a proxy' : ''}, and there is no key: they could hear all recordings`,
    );
  }
  const urlKey = await agreeOnUrlKey({ redis, prefix, file: join(options.dataDir, 'url.key'), log });
  const signedPath: Ops['signedPath'] = (recording) =>
    signPath(urlKey, recordingPath(recording), (Date.now() + options.urlLifeMs) / 1000);
  /** At the node that made it, whose name is in its URL. */
  const signedUrl = (record: RecordingRecord): string =>
    record.url.replace(/\/recordings\/[^/]*$/, () => signedPath(record));

  const feed = createEventFeed({ redis, reader: parts.reader, prefix, log });
  const levels = createLevelFeed({ reader: parts.levels, log });
  const auditLog = options.auditFile === '' ? log : createLog({ level: 'info', redact: [], file: options.auditFile });
  const http = await createHttp({
    listen,
    tls: options.tls,
    trustProxy,
    security: {
      access: createAccess({ keys, urlKey, loopback, now: () => Date.now() / 1000 }),
      audit: createAudit(auditLog),
      perMinute: options.perMinute,
      allowOrigins: options.allowOrigins,
    },
    recordings: {
      registry,
      waitMs: options.waitMs,
      live: parts.live,
      storage: parts.storage,
      nodeId: options.nodeId,
    },
    api: { ...parts.api, registry, feed, levels, signedUrl, idempotency: createIdempotency({ redis, prefix }) },
    dashboard: options.dashboard ?? builtDashboard,
    health: parts.health,
    readiness: parts.readiness,
    metrics: parts.metrics,
    log,
  });
  return {
    start: http.start,
    signedPath,
    audit: (action, facts) => auditLog.info({ action, ...facts }, 'audit'),
    tell: (event, data) =>
      void feed
        .add(event, data)
        .catch((err: unknown) => log.warn({ err, event }, 'those who listen to events are not told of this one')),
    async close() {
      await http.close();
      await feed.close();
      await levels.close();
    },
  };
};
