import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '../../../src/log.ts';
import type { EncodeParts } from '../../../src/recorder/encode/parts.ts';
import type { NotifierPort } from '../../../src/recorder/encode/ports.ts';
import type { StatusEvent } from '../../../src/recorder/recording/events.ts';
import type { RecordingRecord } from '../../../src/recorder/recording/record.ts';
import { closeRedis, connectRedis, whenReady } from '../../../src/recorder/registry/connection.ts';
import { createRegistry } from '../../../src/recorder/registry/registry.ts';
import { createLocalStorage } from '../../../src/recorder/storage/local.ts';
import { startRedis } from '../redis.ts';
import { type ToneSpool, writeToneSpool } from './tone-spool.ts';

const log = createLog({ level: 'silent', redact: [] });

/** Keeps events as the notifier does: each id once. */
const createEventBox = (): NotifierPort & {
  readonly events: Map<string, StatusEvent>;
  readonly asked: StatusEvent[];
} => {
  const events = new Map<string, StatusEvent>();
  const asked: StatusEvent[] = [];
  const owe: NotifierPort['owe'] = (event, statusUrl) => {
    if (statusUrl !== undefined && !events.has(event.event_id)) events.set(event.event_id, event);
    return Promise.resolve('queued');
  };
  return {
    events,
    /** What is to be told if Redis has never had it; it has had all of it here. */
    asked,
    owe,
    async oweMissing(missing) {
      asked.push(...missing);
      return 'queued';
    },
    settled: () => Promise.resolve(),
  };
};

/** A node's parts around encoding: Redis, registry, spools and storage of a test's own. */
export const startNode = async () => {
  const root = await mkdtemp(join(tmpdir(), 'sipreel-encode-'));
  let redis = await startRedis();
  const { port } = redis;
  const commands = connectRedis({ url: redis.url, role: 'commands', log });
  const subscriber = connectRedis({ url: redis.url, role: 'subscriber', log });
  const blocking = connectRedis({ url: redis.url, role: 'blocking', log });
  await whenReady(commands, 5000);
  const registry = createRegistry({ redis: commands, subscriber, nodeId: 'node-1', log });
  const notifier = createEventBox();
  const spoolRoot = join(root, 'spool');
  const storageRoot = join(root, 'storage');
  const storage = createLocalStorage({ root: storageRoot });
  const parts: EncodeParts = {
    spoolRoot,
    storage,
    registry,
    notifier,
    ffmpeg: {},
    keepSpool: false,
    now: Date.now,
    log,
  };
  return {
    root,
    redisUrl: redis.url,
    commands,
    blocking,
    registry,
    notifier,
    spoolRoot,
    storageRoot,
    storage,
    parts,
    log,
    /** A stopped recording as the recorder leaves it: known to the registry, its spool complete. */
    async record(options: Omit<ToneSpool, 'root'> = {}): Promise<RecordingRecord & { readonly dir: string }> {
      const status_url = 'http://127.0.0.1/status';
      const { dir, ...record } = await writeToneSpool({
        root: spoolRoot,
        ...options,
        record: { status_url, ...options.record },
      });
      await registry.begin(record);
      return { ...record, dir };
    },
    /** A program that takes ffmpeg's place. */
    async script(name: string, lines: string): Promise<string> {
      const file = join(root, name);
      await writeFile(file, `#!/bin/sh\n${lines}\n`);
      await chmod(file, 0o755);
      return file;
    },
    stopRedis: () => redis.stop('SIGKILL'),
    async restartRedis(): Promise<void> {
      redis = await startRedis({ port });
    },
    async close(): Promise<void> {
      await registry.close();
      for (const connection of [commands, subscriber, blocking]) await closeRedis(connection);
      await redis.stop();
      await rm(root, { recursive: true, force: true });
    },
  };
};

/** What startNode gives. */
export type TestNode = Awaited<ReturnType<typeof startNode>>;
