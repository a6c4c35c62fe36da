import { mkdtemp, rm } from 'node:fs/promises';
import { type IncomingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import type { Redis } from 'ioredis';
import { pino } from 'pino';
import { newKey } from '../../../src/ops/access/key.ts';
import { createKeyStore, type KeyStore } from '../../../src/ops/access/key-store.ts';
import type { Scope } from '../../../src/ops/access/scopes.ts';
import { createNodes, type NodeStatus } from '../../../src/ops/nodes/node-status.ts';
import { createOps, type Ops, type OpsOptions, type OpsParts } from '../../../src/ops/ops.ts';
import { createLevelReader } from '../../../src/recorder/control/levels.ts';
import { createWaveforms } from '../../../src/recorder/control/waveforms.ts';
import { createEncodeQueue, type EncodeQueue } from '../../../src/recorder/encode/queue.ts';
import { createDeliveries } from '../../../src/recorder/notify/deliveries.ts';
import { createNotifier, type Notifier } from '../../../src/recorder/notify/queue.ts';
import type { RecordCallParameters } from '../../../src/recorder/recording/parameters.ts';
import { closeRedis, connectRedis, whenReady } from '../../../src/recorder/registry/connection.ts';
import { createSoundFacts, type SoundFacts } from '../../../src/recorder/registry/sound-facts.ts';
import { createDeletions } from '../../../src/recorder/retention/deletion.ts';
import type { Call } from '../../../src/switch/call/call.ts';
import type { CallEnd } from '../../../src/switch/call/state.ts';
import { createCallControl } from '../../../src/switch/directory/call-control.ts';
import { type CallDirectory, createCallDirectory } from '../../../src/switch/directory/call-directory.ts';
import type { ApiAnswer } from '../../kit/api-answer.ts';
import { type ControlNode, openControlNode } from '../control/node.ts';
import { eventually } from '../eventually.ts';
import { startRedis, type TestRedis } from '../redis.ts';
import { recordOf } from '../registry/registries.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body, where it is JSON. */
  readonly json: ApiAnswer;
}

export interface AskOptions {
  readonly key?: string;
  /** Sent as JSON; a string as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A node's HTTP side on a Redis of its own, with calls and recordings that nobody makes. */
export interface OpsStage {
  readonly redis: TestRedis;
  readonly admin: Redis;
  readonly node: ControlNode;
  /** Recordings whose files it was told to remove. */
  readonly removed: readonly string[];
  readonly directory: CallDirectory;
  readonly keys: KeyStore;
  readonly notifier: Notifier;
  readonly facts: SoundFacts;
  readonly queue: EncodeQueue;
  readonly ops: Ops;
  readonly dataDir: string;
  readonly port: number;
  /** Lines of the log. */
  readonly lines: readonly Record<string, unknown>[];
  /** A call of this node that is up and can be recorded and ended. */
  addCall(callId: string): { readonly ends: readonly CallEnd[]; readonly asked: readonly RecordCallParameters[] };
  keyWith(...scopes: readonly Scope[]): Promise<string>;
  /** One request with its path as it is written. */
  ask(method: string, path: string, options?: AskOptions): Promise<Answer>;
  /** Another node's HTTP side on the same Redis. */
  openOps(options?: Partial<OpsOptions>): Promise<Ops & { readonly port: number }>;
  close(): Promise<void>;
}

/** How the stage's node says that it is. */
export const statusOfStage: NodeStatus = {
  ...{ version: '1', accepting: true, calls: 1, recordings: 2, redis: true, spool_free_bytes: 3 },
  drachtio: [{ address: '127.0.0.1:9022', ok: true, calls: 1 }],
  rtpengine: [{ address: '127.0.0.1:2223', ok: false, calls: 0 }],
  trunks: [{ name: 'office', up: true, inbound_calls: 1, outbound_calls: 0 }],
  stores: [{ store: 's3://calls', ok: false, error: 'it does not answer' }],
  queue: { waiting: 1, delayed: 0, active: 0, failed: 0 },
};

export const askPort = (port: number, method: string, path: string, options: AskOptions = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { key, body, headers = {} } = options;
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const sent = request(
      {
        ...{ host: '127.0.0.1', port, method, path },
        headers: {
          ...(text === undefined ? {} : { 'content-type': 'application/json' }),
          ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
          ...headers,
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const came = Buffer.concat(chunks).toString();
          const isJson = /json/.test(response.headers['content-type'] ?? '') && came !== '';
          const json = isJson ? JSON.parse(came) : undefined;
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text: came, json });
        });
      },
    );
    sent.on('error', reject);
    sent.end(text);
  });

export const openOpsStage = async (
  options: Partial<OpsOptions> & Partial<Pick<OpsParts, 'storage'>> = {},
): Promise<OpsStage> => {
  const redis = await startRedis();
  const dataDir = await mkdtemp(join(tmpdir(), 'sipreel-ops-'));
  const lines: Record<string, unknown>[] = [];
  const log = pino(
    { level: 'info' },
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>);
        done();
      },
    }),
  );
  const commands = connectRedis({ url: redis.url, role: 'commands', log });
  await whenReady(commands, 5_000);
  const blocking = connectRedis({ url: redis.url, role: 'blocking', log });
  const node = await openControlNode(redis.url, 'here');
  const { registry, mailbox, control } = node;
  const shared = { redis: commands, prefix: 'test', log };
  const directory = createCallDirectory({ ...shared, nodeId: 'here', registry });
  const calls = new Map<string, Call>();
  const callControl = createCallControl({ directory, mailbox, find: (callId) => calls.get(callId) });
  const deliveries = createDeliveries({ connection: commands, prefix: 'test', log });
  const notifier = createNotifier({ connection: blocking, prefix: 'test', log });
  const keys = createKeyStore({ ...shared, freshMs: 0 });
  const facts = createSoundFacts({ redis: commands, prefix: 'test' });
  const queue = createEncodeQueue({ connection: commands, queueName: 'encode-here', prefix: 'test', log });
  const nodes = createNodes({ registry, mailbox, queue, own: async () => statusOfStage });
  const waveforms = createWaveforms({
    ...{ registry, facts, mailbox, nodeId: 'here', ffmpeg: {} },
    storage: options.storage ?? { read: () => Promise.reject(new Error('nothing is stored')) },
  });
  const levels = createLevelReader({ registry, mailbox, recorder: { active: node.active } });
  const removed: string[] = [];
  const deletions = createDeletions({
    ...{ commands, blocking, prefix: 'test', nodeId: 'here', registry, mailbox, log },
    files: {
      removeFiles: async ({ recording_id }) => {
        removed.push(recording_id);
        return true;
      },
    },
    queue: { remove: async () => undefined },
    audit: (action, facts) => log.info({ action, ...facts }, 'audit'),
    patienceMs: 1_000,
  });
  deletions.start();
  const opened: { close(): Promise<void> }[] = [];

  const openOps: OpsStage['openOps'] = async (more = {}) => {
    const reader = connectRedis({ url: redis.url, role: 'blocking', log });
    const ops = await createOps(
      {
        redis: commands,
        reader,
        registry,
        storage: options.storage ?? {
          read: async (location) => {
            throw new Error(`nothing is stored at ${location}`);
          },
        },
        api: { control, deletions, directory, deliveries, calls: callControl, facts, waveforms, nodes },
        levels,
        live: { listen: () => Promise.resolve(undefined) },
        health: () => ({ ok: true }),
        readiness: () => ({ ok: true, away: [] }),
        metrics: { access: 'read', values: async () => [] },
        log,
      },
      {
        ...{
          nodeId: 'here',
          prefix: 'test',
          dataDir,
          listen: { host: '127.0.0.1', port: 0 },
          tls: undefined,
          urlLifeMs: 60_000,
        },
        ...{ waitMs: 200, perMinute: 0, allowOrigins: [], auditFile: '' },
        ...options,
        ...more,
      },
    );
    const { port } = await ops.start();
    opened.push({
      async close() {
        await ops.close();
        await closeRedis(reader);
      },
    });
    return { ...ops, port };
  };
  const ops = await openOps();

  return {
    redis,
    admin: commands,
    node,
    removed,
    directory,
    keys,
    notifier,
    facts,
    queue,
    ops,
    dataDir,
    port: ops.port,
    lines,
    addCall(callId) {
      const ends: CallEnd[] = [];
      const asked: RecordCallParameters[] = [];
      const facts = {
        call_id: callId,
        node_id: 'here',
        direction: 'inbound',
        from: 'sip:+1@a',
        to: 'sip:2@b',
      } as const;
      directory.tell({ ...facts, state: 'answered', start_time: 1_767_225_600, answer_time: 1_767_225_601 });
      const call: Pick<Call, 'state' | 'end' | 'record'> = {
        state: () => ({ name: 'answered' }),
        async end(how) {
          ends.push(how);
          directory.tell({ ...facts, state: 'ended', start_time: 1_767_225_600, end_time: 1_767_225_602, ...how });
          calls.delete(callId);
        },
        async record(parameters) {
          asked.push(parameters);
          const record = recordOf({ call_id: callId, node_id: 'here', control_id: parameters.control_id ?? 'made' });
          await node.begin(record);
          return { id: record.recording_id, controlId: record.control_id } as Awaited<ReturnType<Call['record']>>;
        },
      };
      calls.set(callId, call as Call);
      return { ends, asked };
    },
    async keyWith(...scopes) {
      const { key, record } = newKey({ name: scopes.join(' and '), scopes, created: 0 });
      await keys.add(record);
      await eventually(
        'the key to be known',
        async () => (await askPort(ops.port, 'GET', '/api/calls', { key })).status !== 401,
      );
      return key;
    },
    ask: (...how) => askPort(ops.port, ...how),
    openOps,
    async close() {
      await Promise.all(opened.map((each) => each.close()));
      await deletions.close();
      await deliveries.close();
      await queue.close();
      await notifier.close();
      await directory.close();
      await node.close();
      await Promise.all([commands, blocking].map((each) => closeRedis(each)));
      await redis.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
};
