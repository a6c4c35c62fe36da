import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { wavOf } from '../../kit/wav.ts';
import { tone } from '../../sound/tone.ts';
import { eventually } from '../eventually.ts';
import { ending, outcome, recordOf } from '../registry/registries.ts';
import { type OpsStage, openOpsStage, statusOfStage } from './stage.ts';

let folder: string;
let stage: OpsStage;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sipreel-desk-'));
  await writeFile(join(folder, 'index.html'), '<title>desk</title>');
  stage = await openOpsStage({ dashboard: folder });
});
afterAll(async () => {
  await stage.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => stage.admin.flushall());

const noLoss = { tracks: { speak: { packets: 100, lost: 0 } }, losses: [], keys: [] };

const finished = async (file: string, duration = 1) => {
  const record = recordOf({ node_id: 'here', control_id: randomUUID() });
  await stage.node.registry.begin(record);
  await stage.node.registry.finishing(record.recording_id, ending);
  await stage.node.registry.end(record.recording_id, { ...outcome, file, duration, channels: 1, size: 1_000 }, [
    { event: 'opened', t: 0, at: '2026-01-01T00:00:00.000Z', record },
    { event: 'started', t: 0 },
    { event: 'paused', t: 400, behavior: 'silence' },
    { event: 'resumed', t: 600 },
    { event: 'stopped', t: 1_000, reason: 'stop' },
  ]);
  return record.recording_id;
};

test('a waveform is found once, kept with the record, and goes with it', async () => {
  const file = join(folder, 'sound.wav');
  const sound = tone(440, 8_000, 1, 0.5);
  await writeFile(file, wavOf(sound.fill(0, 0, 4_000), 8_000));
  const id = await finished(file);
  const first = await stage.ask('GET', `/api/recordings/${id}/waveform`);
  expect(first.status, first.text).toBe(200);
  const [channel = []] = first.json.channels;
  expect(channel).toHaveLength(800);
  expect(Math.max(...channel.slice(0, 395))).toBe(0);
  expect(Math.min(...channel.slice(405))).toBeGreaterThan(100);
  await rm(file);
  expect((await stage.ask('GET', `/api/recordings/${id}/waveform`)).json).toEqual(first.json);
  await stage.ask('DELETE', `/api/recordings/${id}`);
  expect((await stage.ask('GET', `/api/recordings/${id}/waveform`)).json.code).toBe('recording_unknown');
  expect(await stage.admin.keys('test:recording:*')).toEqual([]);
});

test('there is no waveform of what goes on, or of a file that is gone, and the answer says which', async () => {
  const record = recordOf({ node_id: 'here', control_id: randomUUID() });
  await stage.node.begin(record);
  const going = await stage.ask('GET', `/api/recordings/${record.recording_id}/waveform`);
  expect(going.json.code).toBe('recording_in_progress');
  const id = await finished('/nowhere/sound.wav');
  expect((await stage.ask('GET', `/api/recordings/${id}/waveform`)).json.code).toBe('recording_failed');
});

test('marks come of the journal and of how the sound came', async () => {
  const id = await finished('/nowhere/sound.wav');
  const pause = { kind: 'pause', at: 0.4, length: 0.2, paused: 0.2 };
  expect((await stage.ask('GET', `/api/recordings/${id}/marks`)).json).toEqual({ marks: [pause] });
  const losses = [{ track: 'speak', at: 800, packets: 3 }] as const;
  await stage.facts.note(id, { ...noLoss, losses, keys: [100] }, { duration: 1, size: 1 });
  const { json } = await stage.ask('GET', `/api/recordings/${id}/marks`);
  const kinds = json.marks.map(({ kind, at }: { kind: string; at: number }) => [kind, at]);
  expect(kinds).toEqual([
    ['key', 0.1],
    ['pause', 0.4],
    ['loss', 0.8],
  ]);
  expect(json.tracks).toEqual(noLoss.tracks);
  expect((await stage.ask('GET', '/api/recordings/nope/marks')).json.code).toBe('recording_unknown');
});

test('what was recorded counts once for its hour, and what is deleted is no longer in storage', async () => {
  const [kept, gone] = [await finished('/nowhere/a.wav'), await finished('/nowhere/b.wav')];
  const report = { ...noLoss, tracks: { speak: { packets: 90, lost: 10 } } };
  for (const id of [kept, gone, gone]) await stage.facts.note(id, report, { duration: 1.5, size: 1_000 });
  await stage.ask('DELETE', `/api/recordings/${gone}`);
  const { status, json } = await stage.ask('GET', '/api/statistics');
  expect(status).toBe(200);
  expect(json.periods.length).toBeGreaterThanOrEqual(24);
  const sums = { recordings: 2, seconds: 3, bytes: 2_000, freed_bytes: 1_000, packets: 180, lost: 20 };
  expect(json.periods.at(-1)).toMatchObject(sums);
  expect(json.kept).toEqual({ recordings: 1, bytes: 1_000 });
  const long = await stage.ask('GET', '/api/statistics?since=0');
  expect(long.json).toMatchObject({ status: 400, code: 'request_invalid' });
});

test('a recording of no bytes is deleted like any other', async () => {
  const id = await finished(join(folder, 'nothing.wav'));
  await stage.admin.hset(`test:recording:${id}`, 'outcome', JSON.stringify({ ...outcome, size: 0 }));
  await stage.facts.note(id, noLoss, { duration: 1, size: 0 });
  expect(await stage.node.registry.delete(id)).toBe(true);
  expect(await stage.facts.kept()).toEqual({ recordings: 0, bytes: 0 });
});

test('a file that its store does not give leaves nothing open of its waveform', async () => {
  const id = await finished('s3://nowhere/sound.wav');
  expect((await stage.ask('GET', `/api/recordings/${id}/waveform`)).status).toBe(500);
  const open = await Promise.all(
    (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
  );
  expect(open.filter((file) => file.includes('sipreel-waveform-'))).toEqual([]);
});

test('nodes are shown with how they are, and those that do not answer without it', async () => {
  await eventually('this node to be heard of', async () => (await stage.node.registry.nodes()).length === 1);
  await stage.admin.zadd('test:nodes', Date.now() / 1000, 'silent');
  const { json } = await stage.ask('GET', '/api/nodes');
  const here = { node_id: 'here', alive: true, last_seen: expect.any(Number), status: statusOfStage };
  expect(json.nodes).toEqual(
    expect.arrayContaining([here, { node_id: 'silent', alive: false, last_seen: expect.any(Number) }]),
  );
});

test('a file that could not be made is asked for again; that of a recording that goes on is not', async () => {
  await eventually('this node to be heard of', async () => (await stage.node.registry.nodes()).length === 1);
  const id = await finished('/nowhere/a.wav');
  expect((await stage.ask('GET', '/api/nodes/here/failed')).json).toEqual({ jobs: [] });
  const { status } = await stage.ask('POST', `/api/recordings/${id}/encode`);
  expect(status).toBe(202);
  expect((await stage.queue.counts()).waiting).toBe(1);
  const record = recordOf({ node_id: 'here', control_id: randomUUID() });
  await stage.node.begin(record);
  expect((await stage.ask('POST', `/api/recordings/${record.recording_id}/encode`)).json.code).toBe('recording_active');
  expect((await stage.ask('GET', '/api/nodes/nobody/failed')).json.code).toBe('node_unknown');
  await stage.admin.zadd('test:nodes', Date.now() / 1000, 'silent');
  expect((await stage.ask('GET', '/api/nodes/silent/failed')).json.code).toBe('node_gone');
});

test('levels come to those who ask for them alone', async () => {
  await eventually('this node to be heard of', async () => (await stage.node.registry.nodes()).length === 1);
  const record = recordOf({ node_id: 'here', control_id: randomUUID() });
  await stage.node.begin(record);
  const heard = { with: '', without: '' };
  const sent = (['with', 'without'] as const).map((how) =>
    get(
      { host: '127.0.0.1', port: stage.port, path: `/api/events${how === 'with' ? '?kinds=levels' : ''}` },
      (answer) => {
        answer
          .on('error', () => undefined)
          .setEncoding('utf8')
          .on('data', (text: string) => {
            heard[how] += text;
          });
      },
    ).on('error', () => undefined),
  );
  const told = `"${record.recording_id}":{"speak":-20,"listen":-100}`;
  await eventually(
    'levels to be told',
    async () => /event: levels\ndata: {/.test(heard.with) && heard.with.includes(told),
  );
  expect(heard.without).not.toContain('levels');
  for (const each of sent) each.destroy();
});

test('the dashboard is served to everybody, and where it is not built the answer says so', async () => {
  const { status, headers, text } = await stage.ask('GET', '/');
  expect([status, text]).toEqual([200, '<title>desk</title>']);
  expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self';/);
  expect((await stage.ask('GET', '/', { headers: { 'if-none-match': headers.etag ?? '' } })).status).toBe(304);
  expect((await stage.ask('GET', '/assets/..%2findex.html')).status).toBeGreaterThanOrEqual(400);
  const bare = await stage.openOps({ dashboard: '/nowhere' });
  const answer = await fetch(`http://127.0.0.1:${bare.port}/`);
  expect([answer.status, await answer.text()]).toEqual([404, expect.stringContaining('is not built')]);
});

test('who asks is told who they are and what they may do', async () => {
  const all = ['read', 'control', 'audio', 'admin'];
  expect((await stage.ask('GET', '/api/me')).json).toEqual({ by: 'loopback', scopes: all });
  const key = await stage.keyWith('read', 'audio');
  expect((await stage.ask('GET', '/api/me', { key })).json).toEqual({
    ...{ by: 'key', name: 'read and audio', scopes: ['read', 'audio'] },
  });
  const denied = await stage.ask('POST', '/api/recordings/x/encode', { key });
  expect(denied.json.code).toBe('scope_missing');
});
