import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSpool } from '../../../src/recorder/spool/spool.ts';
import { type CallDirectory, createCallDirectory } from '../../../src/switch/directory/call-directory.ts';
import { deleteLeftCalls, endLeftCalls, findLeftCalls } from '../../../src/switch/left-calls.ts';
import { recordOf } from '../../unit/spool/record.ts';
import { eventually } from '../eventually.ts';
import { startRedis, type TestRedis } from '../redis.ts';
import { type MediaRig, startMediaRig } from './rig.ts';

const log = pino({ level: 'silent' });
let rig: MediaRig;
let redis: TestRedis;
let connection: Redis;
let spoolRoot: string;

beforeAll(async () => {
  [rig, redis] = await Promise.all([startMediaRig(), startRedis()]);
  connection = new Redis(redis.url);
  spoolRoot = await mkdtemp(join(tmpdir(), 'sipreel-left-'));
});
afterAll(async () => {
  connection.disconnect();
  await Promise.all([rig.close(), redis.stop(), rm(spoolRoot, { recursive: true, force: true })]);
});

const directoryOf = (nodeId: string): CallDirectory =>
  createCallDirectory({ redis: connection, nodeId, registry: { nodes: async () => [] }, log });

/** A call as one that was killed leaves it: rtpengine has it, and nobody else. */
const openInRtpengine = async (callId: string): Promise<string> => {
  const sdp = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n';
  await rig.rtpengine.command('offer', { 'call-id': callId, 'from-tag': 'party', sdp });
  return callId;
};

const inRtpengine = async (): Promise<string[]> =>
  ((await rig.rtpengine.command('list', { limit: 100 })).calls as readonly unknown[]).map(String).sort();

test('what a killed process had in rtpengine is ended by the next one, and nothing of other nodes', async () => {
  const [told, untold, ended, others, othersSpool, up] = Array.from({ length: 6 }, () => randomUUID());
  const call = { direction: 'inbound', from: 'a', to: 'b', state: 'answered', start_time: 1 } as const;
  for (const [node_id, call_id = ''] of [
    ['own', told],
    ['other', others],
  ] as const) {
    directoryOf(node_id).tell({ ...call, call_id, node_id });
  }
  // Taken while Redis was away, or never told: only the spool knows. One that was stopped is nobody's loss.
  const spoolOf = async (node_id: string, call_id = '') => createSpool(spoolRoot, { ...recordOf(), call_id, node_id });
  await (await spoolOf('own', untold)).journal.close();
  await (await spoolOf('other', othersSpool)).journal.close();
  // This process has begun to take calls.
  await (await spoolOf('own', up)).journal.close();
  const stopped = await spoolOf('own', ended);
  await stopped.journal.append({ event: 'stopped', t: 1, reason: 'hangup' });
  await stopped.journal.close();
  const calleeSide = `${told}-${randomUUID()}`;
  const kept = [ended, others, othersSpool, up].map(String);
  for (const id of [told, untold, calleeSide, ...kept]) await openInRtpengine(String(id));

  const directory = directoryOf('own');
  await eventually('Redis to know of the call', async () => (await directory.left()).length === 1);
  const parts = { directory, spoolRoot, nodeId: 'own', isUp: (id: string) => id === up, log };
  expect(await findLeftCalls(parts)).toEqual(new Set([told, untold]));
  await endLeftCalls(parts, [rig.rtpengine]);
  expect(await inRtpengine()).toEqual(kept.sort());
  await deleteLeftCalls([rig.rtpengine], new Set(kept), log);
  expect(await inRtpengine()).toEqual([]);
});
