import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decode, describe as describeFile, levelsDb, probe } from '../kit/files.ts';
import { type ProcessTrace, processesOf, waitUntilGone } from '../kit/processes.ts';
import type { ScriptStep } from '../kit/script-host.ts';
import { startServer } from '../kit/server.ts';
import { askOnce } from '../kit/sip-request.ts';
import { type DialledCall, type Stage, startStage } from '../kit/stage.ts';
import { eventually } from '../parts/eventually.ts';

const spokenHz = 440;
/** A tone of the kit is at -10.5 dBFS. */
const presentDb = -12;
/** What a kill may cost of a recording's end. */
const mostLostS = 1;

/** Plays on a server of its own, whose data outlives it. */
const onStage = (play: (stage: Stage) => Promise<void>) => async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'sipreel-e2e-'));
  const stage = await startStage({ dataDir });
  try {
    await play(stage);
  } finally {
    await stage.abandon();
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  }
};

/** A call that is being recorded, in two formats, for as long as `then` lasts. */
const beginCall = async (
  { host, sink, dial }: Stage,
  number: string,
  then: readonly ScriptStep[],
): Promise<DialledCall> => {
  const record = (control_id: string, format: string): ScriptStep => ({
    record_call: { control_id, format, direction: 'speak', status_url: sink.url },
  });
  host.serve(number, [record(number, 'wav'), record(`${number}-mp3`, 'mp3'), host.tell(number, 'begun'), ...then]);
  const made = await dial(number, { hz: spokenHz });
  await host.told(number, 'begun');
  return made;
};

/** Finds the file of a recording in the data folder: the server that made it may be gone. */
const fileOf = async ({ server }: Stage, controlId: string): Promise<string> => {
  const started = await server.waitForLog(
    `the start of ${controlId}`,
    ({ msg, control_id }) => msg === 'recording' && control_id === controlId,
  );
  const id = String(started.recording_id);
  const folder = join(server.dataDir, 'recordings');
  const files = await readdir(folder, { recursive: true });
  const found = files.filter((file) => file.includes(id) && !file.endsWith('.json'));
  expect(found, `files of ${controlId} (${id}) among ${files.join(', ')}`).toHaveLength(1);
  return join(folder, found[0] ?? '');
};

/** A whole file, with the caller's voice from begin to end. */
const expectWhole = async (file: string, leastS: number): Promise<void> => {
  const story = await describeFile(file, [spokenHz]);
  const sound = await decode(file);
  expect(sound.durationS, story).toBeGreaterThan(leastS);
  expect(Math.min(...levelsDb(sound, 0, spokenHz, 0.1, -0.1)), story).toBeGreaterThan(presentDb);
};

const goingDown = ({ server }: Stage) =>
  server.waitForLog('that it goes down', ({ msg }) => msg === 'going down: no new calls');

const statesOf = ({ sink }: Stage, controlId: string): string[] =>
  sink.eventsOf(controlId).map(({ params }) => params.state);

test(
  '--json prints one line when calls can be taken, and nothing else',
  onStage(async ({ server }) => {
    const lines = server
      .logText()
      .split('\n')
      .filter((line) => line.startsWith('stdout: '));
    expect(lines.map((line) => JSON.parse(line.slice('stdout: '.length)))).toEqual([
      { ready: true, sip: `127.0.0.1:${server.sip.port}`, http: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) },
    ]);
    const health = await fetch(`${server.http}/healthz`);
    expect(health.status).toBe(200);
    expect(await health.json()).toMatchObject({ ok: true, redis: true, calls: 0, recordings: 0 });
  }),
);

test(
  'SIGTERM drains: new calls get 503, and the one that runs ends in its own time, recorded to its end',
  onStage(async (stage) => {
    const { server, host } = stage;
    const end = [{ play: 'silence:3' }, { stop_record_call: '1000' }, host.tell('1000', 'end')];
    const made = await beginCall(stage, '1000', end);
    const family = await processesOf(server.pid);
    const stopped = server.stop('SIGTERM');
    await goingDown(stage);
    expect(await (await stage.dial('1001')).final).toBe(503);
    expect((await askOnce(server.sip, 'OPTIONS'))?.status).toBe(503);
    expect((await fetch(`${server.http}/readyz`)).status).toBe(503);
    expect(await host.told('1000', 'end')).toMatchObject({ stop_record_call_result: 'success' });
    expect(await made.ended).toBe('server');
    expect(await stopped).toBe(0);
    await waitUntilGone(family);
    for (const id of ['1000', '1000-mp3']) await expectWhole(await fileOf(stage, id), 2.9);
  }),
);

test(
  'a second SIGTERM ends the calls at once',
  onStage(async (stage) => {
    const { server } = stage;
    const made = await beginCall(stage, '1000', [{ play: 'silence:60' }]);
    const family = await processesOf(server.pid);
    const stopped = server.stop('SIGTERM');
    await goingDown(stage);
    await made.phone.speakFor(0.5);
    process.kill(server.pid, 'SIGTERM');
    expect(await made.ended).toBe('server');
    expect(await stopped).toBe(0);
    await waitUntilGone(family);
    await expectWhole(await fileOf(stage, '1000'), 0.4);
  }),
);

test(
  'SIGINT ends calls at once, each recording is finished, and no process is left',
  onStage(async (stage) => {
    const { server } = stage;
    const calls = [
      await beginCall(stage, '1000', [{ play: 'silence:60' }]),
      await beginCall(stage, '1001', [{ sleep: 60_000 }]),
    ];
    await Promise.all(calls.map((made) => made.phone.speakFor(1)));
    const family = await processesOf(server.pid);
    const stopped = server.stop('SIGINT');
    expect(await Promise.all(calls.map((made) => made.ended))).toEqual(['server', 'server']);
    expect(await stopped).toBe(0);
    await waitUntilGone(family);
    for (const id of ['1000', '1000-mp3', '1001', '1001-mp3']) await expectWhole(await fileOf(stage, id), 0.9);
    const stored = server.logs.filter(({ msg }) => msg === 'recording stored');
    expect(stored.map(({ state, end_reason }) => `${state}, ${end_reason}`)).toEqual(Array(4).fill('finished, hangup'));
  }),
);

test(
  'kill -9 leaves no process, and the next start finishes the recordings with all but their last second',
  onStage(async (stage) => {
    const { server, sink } = stage;
    const made = await beginCall(stage, '1000', [{ play: 'silence:60' }]);
    await made.phone.speakFor(3);
    const family = await processesOf(server.pid);
    expect(family.length, commandsOf(family)).toBeGreaterThan(4);
    process.kill(server.pid, 'SIGKILL');
    await server.exited;
    await waitUntilGone(family, 10_000);

    const next = await startServer({ dataDir: server.dataDir });
    try {
      for (const [id, codec] of [
        ['1000', 'pcm_s16le'],
        ['1000-mp3', 'mp3'],
      ] as const) {
        const { params } = await sink.waitForState(id, 'error', 20_000);
        expect(params).toMatchObject({ end_reason: 'error', error: { code: 'recording_interrupted' } });
        const file = await stage.download(next.http + new URL(params.url).pathname);
        expect((await probe(file)).codec).toBe(codec);
        await expectWhole(file, 3 - mostLostS);
        expect(statesOf(stage, id)).toEqual(['recording', 'error']);
      }
      await eventually(
        'the spool to be empty',
        async () => (await readdir(join(server.dataDir, 'spool'))).length === 0,
      );
      const kept = await readdir(join(server.dataDir, 'recordings'), { recursive: true });
      const manifests = kept.filter((name) => name.endsWith('.wav.json'));
      expect(manifests).toHaveLength(1);
      const manifest = JSON.parse(await readFile(join(server.dataDir, 'recordings', manifests[0] ?? ''), 'utf8'));
      expect(manifest).toMatchObject({
        parameters: { format: 'wav', terminators: '', max_length: 0 },
        recording: { end_reason: 'error', node_id: expect.any(String) },
        written_by: expect.stringMatching(/^sipreel \d.*node v/),
      });
      expect(manifest.parameters).not.toHaveProperty('status_url');
      expect(await next.stop()).toBe(0);
    } finally {
      await next.close();
    }
  }),
);

test(
  'kill -9 of the worker alone costs nothing: it is started again and the recordings are finished',
  onStage(async (stage) => {
    const { server, host, sink } = stage;
    const made = await beginCall(stage, '1000', [
      ...[{ play: 'silence:2' }, { stop_record_call: '1000-mp3' }, host.tell('1000', 'mp3')],
      ...[{ stop_record_call: '1000' }, host.tell('1000', 'wav')],
    ]);
    const worker = (await processesOf(server.pid)).find(({ command }) => command.includes('--role worker'));
    if (worker === undefined) throw new Error('there is no worker');
    process.kill(worker.pid, 'SIGKILL');
    await server.waitForLog('that the worker died', ({ msg }) => msg?.startsWith('the worker died') ?? false);
    for (const what of ['mp3', 'wav']) {
      expect(await host.told('1000', what)).toMatchObject({ stop_record_call_result: 'success' });
    }
    expect(await made.ended).toBe('server');
    for (const id of ['1000', '1000-mp3']) {
      const { params } = await sink.waitForState(id, 'finished');
      await expectWhole(await stage.download(params.url), 1.9);
      expect(statesOf(stage, id)).toEqual(['recording', 'finished']);
    }
    expect(await server.stop()).toBe(0);
  }),
);

const commandsOf = (family: readonly ProcessTrace[]): string =>
  family.map(({ pid, command }) => `${pid} ${command}`).join('\n');
