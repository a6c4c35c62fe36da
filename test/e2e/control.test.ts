import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ApiAnswer } from '../kit/api-answer.ts';
import { createEndpointWatch, type EndpointWatch } from '../kit/events.ts';
import { decode, describe as describeFile, levelsDb } from '../kit/files.ts';
import type { ScriptStep } from '../kit/script-host.ts';
import { type Stage, startStage } from '../kit/stage.ts';
import { eventually } from '../parts/eventually.ts';
import { startRedis, type TestRedis } from '../parts/redis.ts';

/** Whoever asks has an answer by then, from whatever node. */
const answeredWithinMs = 1_000;
const spokenHz = 440;
const presentDb = -12;

/** Two nodes with one Redis. */
let redis: TestRedis;
let a: Stage;
let b: Stage;
let watch: EndpointWatch;

beforeAll(async () => {
  redis = await startRedis();
  const node = (id: string) => startStage({ set: { 'redis.url': redis.url, 'node.id': id } });
  [a, b] = await Promise.all([node('a'), node('b')]);
  watch = await createEndpointWatch(`${b.server.http}/api/events`);
});
afterAll(async () => {
  watch?.close();
  await b?.close();
  await a?.abandon();
  await redis?.stop();
});

interface Answer {
  readonly status: number;
  readonly ms: number;
  readonly json: ApiAnswer;
}

const ask = async (stage: Stage, method: string, path: string, body?: unknown): Promise<Answer> => {
  const begun = performance.now();
  const response = await fetch(stage.server.http + path, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const json = (await response.json()) as ApiAnswer;
  return { status: response.status, ms: performance.now() - begun, json };
};

const record = (control_id: string): ScriptStep => ({
  record_call: { control_id, direction: 'speak', status_url: a.sink.url },
});

/** A call on node a whose script records and then waits to be told. */
const beginCall = async (number: string, ...controlIds: readonly string[]) => {
  a.host.serve(number, [
    ...['answer', ...controlIds.map(record), a.host.tell(number, 'begun'), { play: 'silence:60' }],
  ]);
  const made = await a.dial(number, { hz: spokenHz });
  await a.host.told(number, 'begun');
  return { made, callId: await a.callIdOf(made) };
};

const pathOf = (callId: string, controlId: string): string =>
  `/api/calls/${callId}/recordings/${encodeURIComponent(controlId)}`;

/** The file at this URL is the caller's voice from begin to end. */
const expectVoice = async (url: string, leastS: number): Promise<void> => {
  const file = await b.download(url);
  const story = await describeFile(file, [spokenHz]);
  const sound = await decode(file);
  expect(sound.durationS, story).toBeGreaterThan(leastS);
  expect(Math.min(...levelsDb(sound, 0, spokenHz, 0.1, -0.1)), story).toBeGreaterThan(presentDb);
};

const terminalStates = (controlId: string): string[] =>
  a.sink.eventsOf(controlId).flatMap(({ params }) => (params.state === 'recording' ? [] : [params.state]));

test('the API of one node stops, starts and ends what is on another, within a second, and tells of it', async () => {
  const name = 'a/b ?"ü"';
  const { made, callId } = await beginCall('1000', name, 'left');
  await made.phone.speakFor(1);
  expect((await ask(b, 'GET', '/api/calls')).json.calls).toMatchObject([
    { call_id: callId, node_id: 'a', state: 'answered', from: expect.stringContaining('sip:') },
  ]);

  const paused = await ask(b, 'POST', `${pathOf(callId, 'left')}/pause`, { behavior: 'silence' });
  expect(paused.json).toMatchObject({ result: 'paused', recording: { state: 'paused', pause_behavior: 'silence' } });
  expect(paused.ms).toBeLessThan(answeredWithinMs);
  await made.phone.speakFor(0.5);
  const stopped = await ask(b, 'POST', `${pathOf(callId, name)}/stop`);
  expect(stopped.json).toMatchObject({ result: 'stopped', recording: { control_id: name, end_reason: 'stop' } });
  expect(stopped.ms).toBeLessThan(answeredWithinMs);
  const again = await ask(b, 'POST', `/api/recordings/${stopped.json.recording.recording_id}/stop`);
  expect(again.json).toMatchObject({ result: 'already_stopped', recording: { end_reason: 'stop' } });
  const { params } = await a.sink.waitForState(name, 'finished');
  expect(params).toMatchObject({ end_reason: 'stop', node_id: 'a' });
  // The URL is signed: it is good for anybody, at the node that has the file.
  expect(params.url).toMatch(/\?expires=\d+&signature=/);
  await expectVoice(params.url, 0.9);
  const shown = await ask(b, 'GET', pathOf(callId, name));
  await expectVoice(shown.json.url, 0.9);

  expect((await ask(b, 'POST', `${pathOf(callId, 'left')}/resume`)).json).toMatchObject({ result: 'resumed' });
  const taken = await ask(b, 'POST', `/api/calls/${callId}/recordings`, { control_id: 'left' });
  expect(taken).toMatchObject({ status: 409, json: { code: 'control_id_taken' } });
  const started = await ask(b, 'POST', `/api/calls/${callId}/recordings`, {
    ...{ control_id: 'from outside', direction: 'speak', format: 'mp3', status_url: a.sink.url },
  });
  expect(started).toMatchObject({ status: 201, json: { state: 'recording', node_id: 'a', format: 'mp3' } });
  expect(started.ms).toBeLessThan(answeredWithinMs);
  await made.phone.speakFor(1);
  const ended = await ask(b, 'POST', '/api/calling/calls', { command: 'calling.end', id: callId });
  expect(ended.json).toMatchObject({ result: 'ended' });
  expect(await made.ended).toBe('server');
  for (const controlId of ['from outside', 'left']) {
    const event = await a.sink.waitForState(controlId, 'finished');
    expect(event.params.end_reason).toBe('hangup');
    if (controlId === 'from outside') await expectVoice(event.params.url, 0.9);
  }
  expect(a.sink.eventsOf('left').map(({ params }) => params.state)).toEqual([
    ...['recording', 'paused', 'recording', 'finished'],
  ]);
  expect((await ask(b, 'GET', `/api/calls/${callId}`)).json).toMatchObject({ state: 'ended', result: 'hangup' });
  expect((await ask(b, 'POST', '/api/calling/calls', { command: 'calling.end', id: callId })).json).toMatchObject({
    result: 'already_ended',
  });
  const late = await ask(b, 'POST', `/api/calls/${callId}/recordings`, {});
  expect(late).toMatchObject({ status: 410, json: { code: 'call_ended' } });

  // What is held nobody deletes, and what is gone from one node is gone from all.
  const { recording_id } = stopped.json.recording;
  const held = await ask(b, 'PUT', `/api/recordings/${recording_id}/hold`, { reason: 'case 1' });
  expect(held.json).toMatchObject({ recording_id, hold: { reason: 'case 1', by: 'loopback' } });
  expect(await ask(b, 'DELETE', `/api/recordings/${recording_id}`)).toMatchObject({ json: { code: 'recording_held' } });
  expect((await ask(a, 'DELETE', `/api/recordings/${recording_id}/hold`)).json).not.toHaveProperty('hold');
  expect((await fetch(`${b.server.http}/api/recordings/${recording_id}`, { method: 'DELETE' })).status).toBe(204);
  expect((await fetch(params.url)).status).toBe(404);
  expect((await ask(a, 'GET', `/api/recordings/${recording_id}`)).status).toBe(404);

  await eventually('the other node to be told of all of it', () => watch.of(callId).includes('recording.deleted'));
  const told = watch.of(callId).filter((event) => event.startsWith('call.') || event === 'recording.deleted');
  expect(told).toEqual(['call.started', 'call.answered', 'call.ended', 'recording.deleted']);
});

test('a script pauses, resumes and stops the recording of a call on another node, and can play it at once', async () => {
  const { made, callId } = await beginCall('1001', 'supervised');
  await made.phone.speakFor(1);
  const which = { control_id: 'supervised', call_id: callId };
  const stop = { stop_record_call: which };
  b.host.serve('2001', [
    ...[{ pause_record_call: which }, b.host.tell('2001', 'paused', ['pause_record_call_result']), { sleep: 200 }],
    ...[{ resume_record_call: which }, { resume_record_call: { ...which, control_id: 'nobody' } }],
    b.host.tell('2001', 'resumed', ['resume_record_call_result']),
    stop,
    b.host.tell('2001', 'first'),
    stop,
    b.host.tell('2001', 'second'),
  ]);
  await b.dial('2001');
  expect((await b.host.told('2001', 'paused')).more).toEqual({ pause_record_call_result: 'success' });
  expect((await b.host.told('2001', 'resumed')).more).toEqual({ resume_record_call_result: 'failed' });
  expect(await b.host.told('2001', 'first')).toMatchObject({ stop_record_call_result: 'success' });
  expect(await b.host.told('2001', 'second')).toMatchObject({ stop_record_call_result: 'failed' });
  await a.sink.waitForState('supervised', 'finished');
  const told = a.sink.eventsOf('supervised').map(({ params }) => params.state);
  expect(told).toEqual(['recording', 'paused', 'recording', 'finished']);
  const shown = await ask(b, 'GET', pathOf(callId, 'supervised'));
  expect(shown.json).toMatchObject({ state: 'finished', end_reason: 'stop' });
  await expectVoice(shown.json.url, 0.9);
  await made.hangup();
});

test('stops by both nodes and the caller hanging up end a recording once', async () => {
  const { made, callId } = await beginCall('1002', 'raced');
  await made.phone.speakFor(0.3);
  const path = `${pathOf(callId, 'raced')}/stop`;
  const answers = Promise.all([a, b, b, a].map((stage) => ask(stage, 'POST', path)));
  await made.hangup();
  const results = (await answers).map(({ json }) => json.result);
  expect(results.filter((result) => result === 'stopped').length, results.join()).toBeLessThanOrEqual(1);
  expect(new Set(results)).toEqual(
    new Set((['stopped', 'already_stopped'] as const).filter((result) => results.includes(result))),
  );
  await a.sink.waitForState('raced', 'finished');
  const { json } = await ask(
    b,
    'GET',
    `/api/recordings/${(await ask(b, 'GET', pathOf(callId, 'raced'))).json.recording_id}/events`,
  );
  expect(json.journal.filter(({ event }: { event: string }) => event === 'stopped')).toHaveLength(1);
  await eventually('both deliveries', async () => terminalStates('raced').length > 0);
  expect(terminalStates('raced')).toEqual(['finished']);
});

test('a recording whose node was killed waits for it, and says so within a second', async () => {
  const { callId } = await beginCall('1003', 'orphan');
  process.kill(a.server.pid, 'SIGKILL');
  await a.server.exited;
  const stopped = await ask(b, 'POST', `${pathOf(callId, 'orphan')}/stop`);
  expect(stopped).toMatchObject({ status: 503, json: { code: 'node_gone' } });
  expect(stopped.json.detail).toContain('waits for node a');
  expect(stopped.ms).toBeLessThan(answeredWithinMs);
  await eventually(
    'the recording to be listed as waiting',
    async () => (await ask(b, 'GET', '/api/recordings?state=recording')).json.recordings[0]?.waiting_for_node === 'a',
    20_000,
  );
  expect((await ask(b, 'GET', '/api/calls')).json.calls).toEqual([]);
});
