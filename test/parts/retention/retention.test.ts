import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createClosers } from '../../../src/closers.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { createLocalFiles } from '../../../src/recorder/control/local-files.ts';
import { createEncodeQueue, type EncodeQueue, encodeQueueName } from '../../../src/recorder/encode/queue.ts';
import type { RecordingRecord } from '../../../src/recorder/recording/record.ts';
import { closeRedis, connectRedis } from '../../../src/recorder/registry/connection.ts';
import { createAgeSweep } from '../../../src/recorder/retention/age-sweep.ts';
import { createBringHome } from '../../../src/recorder/retention/bring-home.ts';
import { createDeletions, type Deletions } from '../../../src/recorder/retention/deletion.ts';
import type { RetentionPolicy } from '../../../src/recorder/retention/policy.ts';
import { createStores, type Stores } from '../../../src/recorder/storage/stores.ts';
import { wireRetention } from '../../../src/wiring/retention.ts';
import { type ControlNode, openControlNode } from '../control/node.ts';
import { eventually } from '../eventually.ts';
import { startRedis, type TestRedis } from '../redis.ts';
import { outcome, recordOf } from '../registry/registries.ts';
import { credentials, type S3Server, startS3 } from '../storage/s3-server.ts';
import { filesIn, keep, keepSpool } from './stores.ts';

const day = 86_400_000;
const nowMs = Date.now();
const log = pino({ level: 'silent' });

/** A node with a disk of its own as the back-up of the bucket that all nodes have. */
interface RetentionNode extends ControlNode {
  readonly stores: Stores;
  readonly deletions: Deletions;
  readonly queue: EncodeQueue;
  readonly spoolRoot: string;
  readonly audits: readonly Readonly<Record<string, unknown>>[];
  sweep(policy: RetentionPolicy): Promise<number>;
}

let redis: TestRedis;
let admin: Redis;
let folder: string;
let s3: S3Server;
let here: RetentionNode;
let there: RetentionNode;

const openNode = async (nodeId: string): Promise<RetentionNode> => {
  const node = await openControlNode(redis.url, nodeId);
  const blocking = connectRedis({ url: redis.url, role: 'blocking', log });
  const spoolRoot = join(folder, nodeId, 'spool');
  const { bucket, endpoint } = s3;
  const shared = {
    region: 'us-east-1',
    encryption: '',
    kms_key: '',
    timeout: 700,
    path_style: true,
    prefix: 'calls/',
  } as const;
  const keys = { access_key: credentials.accessKeyId, secret_key: credentials.secretAccessKey };
  const stores = createStores(
    [{ s3: { ...shared, ...keys, bucket, endpoint } }, { disk: '' }],
    join(folder, nodeId),
    log,
  );
  const audits: Record<string, unknown>[] = [];
  const queue = createEncodeQueue({ connection: node.redis, queueName: encodeQueueName(nodeId), prefix: 'test', log });
  const parts = {
    ...{ registry: node.registry, mailbox: node.mailbox, nodeId, log, commands: node.redis, blocking, prefix: 'test' },
    files: createLocalFiles(spoolRoot, stores.storage),
    queue,
    audit: (action: string, facts: object) => void audits.push({ action, ...facts }),
    ...{ retryMs: 100, patienceMs: 2_000 },
  };
  const deletions = createDeletions(parts);
  deletions.start();
  return {
    ...node,
    ...{ stores, deletions, queue, spoolRoot, audits },
    sweep: (policy) => createAgeSweep({ ...parts, deletions, policy, now: () => nowMs }).sweep(),
    async close() {
      await deletions.close();
      await queue.close();
      await node.close();
      await stores.close();
      await closeRedis(blocking);
    },
  };
};

beforeAll(async () => {
  redis = await startRedis();
  admin = new Redis(redis.url);
  folder = await mkdtemp(join(tmpdir(), 'sipreel-retention-'));
  s3 = await startS3(join(folder, 'service'));
});
beforeEach(async () => {
  await admin.flushall();
  s3.trouble = 'none';
  here = await openNode('here');
  there = await openNode('there');
  await eventually('both to listen', async () => {
    const counts = (await admin.pubsub('NUMSUB', 'test:asks:here', 'test:asks:there')) as unknown[];
    return counts[1] === 1 && counts[3] === 1;
  });
});
afterEach(async () => {
  await Promise.all([here.close(), there.close()]);
  await Promise.all(['here', 'there'].map((name) => rm(join(folder, name), { recursive: true, force: true })));
  await s3.empty();
});
afterAll(async () => {
  admin.disconnect();
  await s3.close();
  await redis.stop();
  await rm(folder, { recursive: true, force: true });
});

const request = { why: 'request', at: 1, by: 'ops desk' } as const;

/** A recording that has ended so many days ago, of the node there, with a file in the bucket. */
const recorded = async (
  ageDays: number,
  changes: Partial<RecordingRecord> = {},
): Promise<{ readonly id: string; readonly file: string }> => {
  const id = randomUUID();
  const end_time = nowMs / 1_000 - ageDays * 86_400;
  const file = await keep(there.stores.storage, `${id}.wav`, 'sound');
  const record = recordOf({
    recording_id: id,
    control_id: id,
    node_id: 'there',
    start_time: end_time - 60,
    ...changes,
  });
  await here.registry.begin(record);
  await here.registry.end(id, { ...outcome, end_time, file });
  return { id, file };
};

const idsThere = async (): Promise<Set<string>> =>
  new Set((await here.registry.list({ limit: 100 })).recordings.map(({ recording_id }) => recording_id));

const isGone = (id: string) => async () => (await here.registry.get(id)) === undefined;

describe('a deletion', () => {
  test('removes file, manifest, back-up copy and captured sound, then the entry, and is written down', async () => {
    const { id, file } = await recorded(1);
    // What a move between the stores that broke off leaves.
    await keep(createStores([{ disk: '' }], join(folder, 'there'), log).storage, `${id}.wav`, 'sound');
    await keepSpool(there.spoolRoot, id);
    expect(await s3.keys()).toEqual([`calls/${id}.wav`, `calls/${id}.wav.json`]);
    // What an encoding that failed for good leaves.
    await there.queue.add(id);
    expect(await here.deletions.remove(id, request)).toBe('deleted');
    expect((await there.queue.counts()).waiting).toBe(0);
    expect(await s3.keys()).toEqual([]);
    expect(await filesIn(join(folder, 'there'))).toEqual([]);
    const [told, ...more] = [...here.audits, ...there.audits];
    expect(more).toEqual([]);
    expect(told).toMatchObject({ action: 'recording.deleted', recording_id: id, file, ...request });
    await expect(here.deletions.remove(id, request)).rejects.toMatchObject({ code: 'recording_unknown' });
  });

  test('of a recording that goes on is refused', async () => {
    const record = recordOf({ recording_id: randomUUID(), node_id: 'there' });
    await here.registry.begin(record);
    await expect(here.deletions.remove(record.recording_id, request)).rejects.toMatchObject({
      code: 'recording_active',
    });
  });

  test('goes on by itself when a store is there again, and nobody can hold or hear what is doomed', async () => {
    const { id } = await recorded(1);
    await s3.down();
    expect(await createImpatient(here).remove(id, request)).toBe('doomed');
    const hold = { reason: 'case 1', at: 2, by: 'x' };
    await expect(here.registry.hold(id, hold)).rejects.toMatchObject({ code: 'recording_deleting' });
    expect(await here.registry.get(id)).toMatchObject({ deleting: request });
    await s3.up();
    await eventually('it to be deleted', isGone(id));
    expect(await s3.keys()).toEqual([]);
  });

  test('is done by the nodes that are left, and the one that was gone removes the rest when it is back', async () => {
    const { id } = await recorded(1);
    await keepSpool(there.spoolRoot, id);
    await there.close();
    expect(await here.deletions.remove(id, request)).toBe('deleted');
    expect(await s3.keys()).toEqual([]);
    expect(here.audits).toMatchObject([{ action: 'recording.deleted', left_at_node: 'there' }]);
    expect(await filesIn(join(folder, 'there'))).toEqual([`spool/${id}/speak.rtp`]);
    there = await openNode('there');
    await there.deletions.clearLeft();
    expect(await filesIn(join(folder, 'there'))).toEqual([]);
    expect(there.audits).toMatchObject([{ action: 'recording.cleared', recording_id: id }]);
    await there.deletions.clearLeft();
    expect(there.audits).toHaveLength(1);
  });

  test('that was decided and never queued is taken up by a sweep', async () => {
    const { id } = await recorded(1);
    await here.registry.doom(id, request);
    await here.sweep({ ageMs: 0, trunks: {} });
    await eventually('it to be deleted', isGone(id));
  });
});

/** Waits for nothing. */
const createImpatient = (node: RetentionNode): Pick<Deletions, 'remove'> => ({
  async remove(id, deletion) {
    await node.deletions.doom(id, deletion);
    return (await node.registry.get(id)) === undefined ? 'deleted' : 'doomed';
  },
});

describe('a hold', () => {
  test('keeps a recording from deletion by request and by age, is listed, and ends', async () => {
    const { id } = await recorded(100);
    const hold = { reason: 'case 4711', at: nowMs / 1_000, by: 'counsel' };
    await here.registry.hold(id, hold);
    await expect(there.deletions.remove(id, request)).rejects.toMatchObject({
      code: 'recording_held',
      message: expect.stringContaining('case 4711'),
    });
    expect(await here.sweep({ ageMs: day, trunks: {} })).toBe(0);
    expect((await here.registry.list({ limit: 9, filter: { held: true } })).recordings).toMatchObject([
      { recording_id: id, hold },
    ]);
    expect(await text(await here.stores.storage.read((await here.registry.get(id))?.file ?? ''))).toBe('sound');
    expect(await here.registry.release(id)).toBe(true);
    expect(await here.registry.release(id)).toBe(false);
    expect((await here.registry.list({ limit: 9, filter: { held: true } })).recordings).toEqual([]);
    expect(await here.sweep({ ageMs: day, trunks: {} })).toBe(1);
    await eventually('it to be deleted', isGone(id));
  });

  test('of a recording that goes on counts when it has ended; none is put on what nobody knows', async () => {
    const record = recordOf({ recording_id: randomUUID(), node_id: 'there', start_time: 1 });
    await here.registry.begin(record);
    await here.registry.hold(record.recording_id, { reason: 'r', at: 1, by: 'x' });
    await here.registry.end(record.recording_id, { ...outcome, end_time: 2 });
    expect(await here.sweep({ ageMs: day, trunks: {} })).toBe(0);
    await expect(here.registry.hold('unheard-of', { reason: 'r', at: 1, by: 'x' })).rejects.toMatchObject({
      code: 'recording_unknown',
    });
    await expect(here.registry.release('unheard-of')).rejects.toMatchObject({ code: 'recording_unknown' });
  });
});

describe('a sweep by age', () => {
  test('takes what is older than its trunk allows, by the end of the recording', async () => {
    const old = await recorded(31);
    const young = await recorded(29);
    const long = await recorded(29, { start_time: nowMs / 1_000 - 40 * 86_400 });
    const strict = await recorded(8, { trunk: 'strict' });
    const forEver = await recorded(400, { trunk: 'for-ever' });
    const running = recordOf({ recording_id: randomUUID(), node_id: 'there', start_time: 1, control_id: 'runs' });
    await here.registry.begin(running);
    const policy = { ageMs: 30 * day, trunks: { strict: 7 * day, 'for-ever': 0 } };
    expect(await there.sweep(policy)).toBe(2);
    await eventually('the old ones to be deleted', async () => (await isGone(old.id)()) && (await isGone(strict.id)()));
    expect(await idsThere()).toEqual(new Set([young.id, long.id, forEver.id, running.recording_id]));
    expect((await s3.keys()).filter((key) => key.endsWith('.wav'))).toHaveLength(3);
    expect(there.audits.filter(({ action }) => action === 'recording.expired')).toHaveLength(2);
  });

  test('keeps all for ever where nothing is said', async () => {
    await recorded(10_000);
    expect(await here.sweep({ ageMs: 0, trunks: {} })).toBe(0);
  });

  test('takes no more at once than it may, the oldest first, and none twice', async () => {
    const ages = [5, 4, 3, 2];
    const made = [];
    for (const age of ages) made.push(await recorded(age));
    await s3.down();
    const sweep = createAgeSweep({
      ...{
        registry: here.registry,
        deletions: here.deletions,
        policy: { ageMs: day, trunks: {} },
        nodeId: 'here',
        log,
      },
      ...{ commands: here.redis, blocking: here.redis, audit: () => undefined, now: () => nowMs, most: 3 },
    });
    expect(await sweep.sweep()).toBe(3);
    expect(await here.registry.get(made[3]?.id ?? '')).not.toHaveProperty('deleting');
    expect(await sweep.sweep()).toBe(1);
    expect(await sweep.sweep()).toBe(0);
    await s3.up();
    for (const { id } of made) await eventually('all to be deleted', isGone(id));
  });

  test('with a clock that runs ahead believes Redis', async () => {
    const { id } = await recorded(0, { start_time: Date.now() / 1_000 });
    const sweep = createAgeSweep({
      ...{
        registry: here.registry,
        deletions: here.deletions,
        policy: { ageMs: day, trunks: {} },
        nodeId: 'here',
        log,
      },
      ...{ commands: here.redis, blocking: here.redis, audit: () => undefined, now: () => Date.now() + 9_999 * day },
    });
    expect(await sweep.sweep()).toBe(0);
    expect(await here.registry.get(id)).toBeDefined();
  });

  test('is made by one node at a time, as long as they run', async () => {
    let [running, most, sweeps] = [0, 0, 0];
    const made = [here, there].map((node) =>
      createAgeSweep({
        ...{ registry: node.registry, policy: { ageMs: day, trunks: {} }, nodeId: node.nodeId, log, prefix: 'test' },
        ...{ commands: node.redis, blocking: node.redis, audit: () => undefined, intervalMs: 20 },
        deletions: {
          doom: async () => undefined,
          clearLeft: async () => undefined,
          async resume() {
            running += 1;
            most = Math.max(most, running);
            await new Promise((resolve) => setTimeout(resolve, 30));
            running -= 1;
            sweeps += 1;
          },
        },
      }),
    );
    for (const each of made) each.start();
    await eventually('some sweeps', () => sweeps > 4);
    await Promise.all(made.map((each) => each.close()));
    expect(most).toBe(1);
  });
});

describe('a file that the back-up took', () => {
  const away = async () => {
    const id = randomUUID();
    s3.trouble = 'status 500';
    const file = await keep(there.stores.storage, `${id}.wav`, 'sound');
    s3.trouble = 'none';
    const record = recordOf({ recording_id: id, node_id: 'there', control_id: id });
    await here.registry.begin(record);
    await here.registry.end(id, { ...outcome, file });
    return { id, file };
  };
  const homeOf = (node: RetentionNode) => {
    if (node.stores.homing === undefined) throw new Error('no back-up');
    return createBringHome({
      ...{ queue: node.nodeId, registry: node.registry, homing: node.stores.homing, log, prefix: 'test', retryMs: 50 },
      ...{ commands: node.redis, blocking: node.redis },
    });
  };

  test('is moved with its manifest when the first store is there again, and heard where it is', async () => {
    const { id, file } = await away();
    expect(file.startsWith(folder)).toBe(true);
    const home = homeOf(there);
    s3.trouble = 'corrupt';
    home.start();
    await home.owe(id);
    await eventually('the move to be tried', () => s3.seen.filter((seen) => seen.startsWith('PUT')).length > 2);
    expect(await filesIn(join(folder, 'there', 'recordings'))).toEqual([`${id}.wav`, `${id}.wav.json`]);
    expect((await here.registry.get(id))?.file).toBe(file);
    s3.trouble = 'none';
    await home.owe(id);
    await eventually('it to be moved', async () => (await filesIn(join(folder, 'there', 'recordings'))).length === 0);
    const moved = (await here.registry.get(id))?.file ?? '';
    expect(moved).toBe(`s3://${s3.bucket}/calls/${id}.wav`);
    expect(await text(await here.stores.storage.read(moved))).toBe('sound');
    expect(JSON.parse(await text(await here.stores.storage.read(`${moved}.json`)))).toMatchObject({
      recording: { file: moved },
    });
    await home.close();
  });

  test('that is not what its manifest says stays where it is', async () => {
    const { file } = await away();
    await there.stores.storage.note(file, JSON.stringify({ sha256: '00' }));
    await expect(there.stores.homing?.copyHome(file)).rejects.toMatchObject({ code: 'storage_failed' });
    expect(await s3.keys()).toEqual([]);
    expect(await text(await there.stores.storage.read(file))).toBe('sound');
  });

  test('and is deleted while it is moved leaves no copy', async () => {
    const { id, file } = await away();
    const stored = await there.stores.homing?.copyHome(file);
    expect(await s3.keys()).toHaveLength(2);
    await here.deletions.remove(id, request);
    expect(await here.registry.moved(id, stored?.file ?? '')).toBe(false);
    expect(await s3.keys()).toEqual([]);
    expect(await filesIn(join(folder, 'there', 'recordings'))).toEqual([]);
  });

  test('and was moved by a process that died before it was tidied up is in one place afterwards', async () => {
    const { id, file } = await away();
    const stored = await there.stores.homing?.copyHome(file);
    await here.registry.moved(id, stored?.file ?? '');
    const home = homeOf(there);
    home.start();
    await home.owe(id);
    await eventually(
      'the copy to be gone',
      async () => (await filesIn(join(folder, 'there', 'recordings'))).length === 0,
    );
    expect(await s3.keys()).toHaveLength(2);
    await home.close();
  });
});

test('a server with storage.retention deletes what is too old by itself', async () => {
  const { id } = await recorded(2);
  const kept = await recorded(0);
  const config = loadConfig({
    settings: [
      'storage.retention.age=1d',
      'storage.retention.trunks={"gone": "5d"}',
      'redis.prefix=test',
      'node.id=here',
    ],
  });
  const closers = createClosers();
  const redisOf = (role: 'commands' | 'blocking') =>
    closers.add(connectRedis({ url: redis.url, role, log }), closeRedis);
  const { registry, mailbox, stores, queue } = here;
  const audits: string[] = [];
  const files = createLocalFiles(here.spoolRoot, stores.storage);
  const audit = (action: string) => void audits.push(action);
  wireRetention(config, log, closers, { redis: redisOf, registry, mailbox, files, queue, audit }).start();
  await eventually('it to be deleted', isGone(id));
  expect(await here.registry.get(kept.id)).toBeDefined();
  expect(audits).toContain('recording.expired');
  await closers.close();
});
