import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { storageName } from '../../../src/recorder/storage/names.ts';
import { createS3Storage } from '../../../src/recorder/storage/s3.ts';
import { outcome, recordOf } from '../registry/registries.ts';
import { credentials, type S3Server, startS3 } from '../storage/s3-server.ts';
import { type OpsStage, openOpsStage } from './stage.ts';

const id = '7d5d1d3c-2d2c-4a3f-8c7d-0123456789ab';
const sound = Array.from({ length: 1_000 }, (_, i) => String(i % 10)).join('');
let folder: string;
let s3: S3Server;
let storage: ReturnType<typeof createS3Storage>;
let stage: OpsStage;
const path = `/recordings/${id}.wav`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sipreel-stored-'));
  s3 = await startS3(join(folder, 's3'));
  const { bucket, endpoint } = s3;
  storage = createS3Storage({ bucket, endpoint, credentials, stagingRoot: join(folder, 'staging'), timeoutMs: 2_000 });
  stage = await openOpsStage({ storage });
  const name = storageName({ recordingId: id, startTime: 1_767_225_600, extension: 'wav' });
  const scratch = await storage.scratch(name);
  await writeFile(scratch, sound);
  const { file, size } = await storage.put(scratch, name);
  await stage.node.registry.begin(recordOf({ recording_id: id, node_id: 'another' }));
  await stage.node.registry.end(id, { ...outcome, file, size });
});
afterAll(async () => {
  await stage.close();
  await storage.close();
  await s3.close();
  await rm(folder, { recursive: true, force: true });
});

test('a recording in a bucket is heard at any node, whole and in parts', async () => {
  const headers = { 'content-type': 'audio/wav', 'accept-ranges': 'bytes' };
  expect(await stage.ask('GET', path)).toMatchObject({
    status: 200,
    text: sound,
    headers: { ...headers, 'content-length': '1000' },
  });
  expect(await stage.ask('HEAD', path)).toMatchObject({ status: 200, text: '', headers: { 'content-length': '1000' } });
  const part = await stage.ask('GET', path, { headers: { range: 'bytes=10-19' } });
  expect(part).toMatchObject({
    status: 206,
    text: '0123456789',
    headers: { ...headers, 'content-length': '10', 'content-range': 'bytes 10-19/1000' },
  });
  expect((await stage.ask('GET', path, { headers: { range: 'bytes=-3' } })).text).toBe('789');
  const beyond = await stage.ask('GET', path, { headers: { range: 'bytes=1000-' } });
  expect(beyond).toMatchObject({ status: 416, headers: { 'content-range': 'bytes */1000' } });
});

test('while the service is away the answer says so, and what to look at', async () => {
  await s3.down();
  expect(await stage.ask('GET', path)).toMatchObject({ status: 507, json: { code: 'storage_failed' } });
  await s3.up();
  expect((await stage.ask('GET', path)).status).toBe(200);
});

test('a file on the disk of another node, and one that is gone, are told apart', async () => {
  const file = join(folder, 'nowhere.wav');
  const other = '00000000-2d2c-4a3f-8c7d-0123456789ab';
  const own = '11111111-2d2c-4a3f-8c7d-0123456789ab';
  for (const [recording_id, node_id] of [
    [other, 'another'],
    [own, 'here'],
  ] as const) {
    await stage.node.registry.begin(recordOf({ recording_id, node_id, call_id: recording_id }));
    await stage.node.registry.end(recording_id, { ...outcome, file });
  }
  const elsewhere = await stage.ask('GET', `/recordings/${other}.wav`);
  expect(elsewhere).toMatchObject({ status: 421, json: { code: 'recording_elsewhere' } });
  expect(elsewhere.json.detail).toContain('node another');
  expect(await stage.ask('GET', `/recordings/${own}.wav`)).toMatchObject({
    status: 404,
    json: { code: 'recording_failed' },
  });
});
