import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { RecordingRecord } from '../../../src/recorder/recording/record.ts';
import { eventually } from '../eventually.ts';
import { eventOf } from '../notify/setup.ts';
import { ending, outcome, recordOf } from '../registry/registries.ts';
import { type OpsStage, openOpsStage } from './stage.ts';

let stage: OpsStage;

beforeAll(async () => {
  stage = await openOpsStage();
});
afterAll(() => stage.close());
beforeEach(async () => {
  await stage.admin.flushall();
  stage.directory.start();
});

const begin = async (changes: Partial<RecordingRecord> = {}) => {
  const record = recordOf({ node_id: 'here', status_url: 'https://user:secret@example.com/?token=secret', ...changes });
  const recording = await stage.node.begin(record);
  return { record, recording, id: record.recording_id };
};

const finish = async (record: RecordingRecord) => {
  await stage.node.registry.finishing(record.recording_id, ending);
  await stage.node.registry.end(record.recording_id, outcome, [
    { event: 'opened', t: 0, at: '2026-01-01T00:00:00.000Z', record },
    { event: 'stopped', t: 5, reason: 'stop' },
  ]);
};

describe('recordings', () => {
  test('are shown without paths and without what was hidden in status_url, with a URL that is signed', async () => {
    const { record, id } = await begin();
    await finish(record);
    const { status, json, text } = await stage.ask('GET', `/api/recordings/${id}`);
    expect(status).toBe(200);
    const { status_url: _, url, ...shown } = record;
    const { file: __, ...end } = outcome;
    expect(json).toEqual({ ...shown, ...end, url: expect.stringMatching(/\.wav\?expires=\d+&signature=[\w-]{43}$/) });
    expect(text).not.toMatch(/secret|\/var\/lib/);
    expect(url).not.toBe(json.url);
  });

  test('are listed by pages, and by what they have in common', async () => {
    const made = [];
    for (let i = 0; i < 5; i += 1) {
      made.push(
        await begin({ call_id: `call-${i % 2}`, control_id: `c${i}`, trunk: i < 3 ? 'a/b' : 'c', start_time: i }),
      );
    }
    const ids = made.map(({ id }) => id).reverse();
    const first = await stage.ask('GET', '/api/recordings?limit=2');
    const second = await stage.ask('GET', `/api/recordings?limit=3&cursor=${first.json.next}`);
    const idsOf = ({ json }: { json: { recordings: readonly { recording_id: string }[] } }) =>
      json.recordings.map(({ recording_id }) => recording_id);
    expect([...idsOf(first), ...idsOf(second)]).toEqual(ids);
    expect(second.json).not.toHaveProperty('next');
    const table: [string, number][] = [
      ['call=call-0', 3],
      ['state=recording', 5],
      ['state=error', 0],
      ['from=%2B1', 5],
      ['to=%2B2&trunk=a%2Fb', 3],
      ['since=1&until=3', 3],
      ['since=1970-01-01T00:00:04Z', 1],
      ['call=call-1&trunk=c', 1],
    ];
    for (const [query, count] of table) {
      expect((await stage.ask('GET', `/api/recordings?${query}`)).json.recordings, query).toHaveLength(count);
    }
    expect((await stage.ask('GET', '/api/calls/call-0/recordings')).json.recordings).toHaveLength(3);
  });

  test('are stopped by their id, and by their name however it is written', async () => {
    const name = 'a/b ..%2f?#"ü"';
    const one = await begin();
    const two = await begin({ control_id: name });
    const path = `/api/calls/call-1/recordings/${encodeURIComponent(name)}`;
    expect((await stage.ask('GET', path)).json.recording_id).toBe(two.id);
    for (const [at, { id, recording }] of [
      [`/api/recordings/${one.id}/stop`, one],
      [`${path}/stop`, two],
    ] as const) {
      const first = await stage.ask('POST', at);
      expect(first).toMatchObject({ status: 200, json: { result: 'stopped', recording: { recording_id: id } } });
      expect(first.json.recording).toMatchObject({ state: 'finishing', end_reason: 'stop' });
      expect(await stage.ask('POST', at, { body: '' })).toMatchObject({
        status: 200,
        json: { result: 'already_stopped' },
      });
      expect(recording.ends).toEqual(['stop']);
    }
  });

  test('are paused, with what that leaves in the file, and go on', async () => {
    const { id, recording } = await begin({ control_id: 'a/b' });
    const post = (what: string, body?: unknown) => stage.ask('POST', `/api/recordings/${id}/${what}`, { body });
    const paused = await post('pause', { behavior: 'silence' });
    expect(paused.json).toMatchObject({ result: 'paused', recording: { state: 'paused', pause_behavior: 'silence' } });
    expect((await post('pause')).json).toMatchObject({ result: 'already_paused' });
    expect((await stage.ask('GET', '/api/recordings?state=paused')).json.recordings).toHaveLength(1);
    const named = '/api/calls/call-1/recordings/a%2Fb';
    expect((await stage.ask('POST', `${named}/resume`)).json).toMatchObject({
      result: 'resumed',
      recording: { state: 'recording' },
    });
    expect((await post('resume', '')).json).toMatchObject({ result: 'already_recording' });
    expect((await stage.ask('POST', `${named}/pause`)).json.recording).toMatchObject({ pause_behavior: 'skip' });
    await recording.end('hangup');
    expect(await post('resume')).toMatchObject({ status: 409, json: { code: 'recording_ended' } });
  });

  test('that wait for a node which is gone say so', async () => {
    const record = recordOf({ node_id: 'gone' });
    await stage.node.registry.begin(record);
    const path = `/api/recordings/${record.recording_id}`;
    expect((await stage.ask('GET', path)).json).toMatchObject({ state: 'recording', waiting_for_node: 'gone' });
    const stopped = await stage.ask('POST', `${path}/stop`);
    expect(stopped).toMatchObject({ status: 503, json: { code: 'node_gone' } });
    expect(stopped.json.detail).toContain('waits for node gone');
    expect(stopped.headers['retry-after']).toBe('5');
  });

  test('are deleted when they have ended, and not before', async () => {
    const { record, id } = await begin();
    const path = `/api/recordings/${id}`;
    expect(await stage.ask('DELETE', path)).toMatchObject({ status: 409, json: { code: 'recording_active' } });
    await finish(record);
    expect(await stage.ask('DELETE', path)).toMatchObject({ status: 204, text: '' });
    expect(stage.removed).toContain(id);
    for (const method of ['GET', 'DELETE']) expect((await stage.ask(method, path)).status).toBe(404);
  });

  test('are held with a reason, and deleted when nobody holds them any more', async () => {
    const { record, id } = await begin();
    await finish(record);
    const path = `/api/recordings/${id}`;
    const nobodySaysWhy = await stage.ask('PUT', `${path}/hold`, { body: { reason: ' ' } });
    expect(nobodySaysWhy).toMatchObject({ status: 400, json: { code: 'request_invalid' } });
    const body = { reason: 'case 4711' };
    const hold = { ...body, by: 'loopback', at: expect.closeTo(Date.now() / 1000, -1) };
    expect(await stage.ask('PUT', `${path}/hold`, { body })).toMatchObject({ status: 200, json: { hold } });
    expect((await stage.ask('GET', '/api/recordings?held=true')).json.recordings).toMatchObject([
      { recording_id: id, hold },
    ]);
    const refused = await stage.ask('DELETE', path);
    expect(refused).toMatchObject({ status: 409, json: { code: 'recording_held' } });
    expect(refused.json.detail).toContain('case 4711');
    expect(stage.removed).not.toContain(id);
    expect((await stage.ask('DELETE', `${path}/hold`)).json).not.toHaveProperty('hold');
    expect((await stage.ask('GET', '/api/recordings?held=true')).json.recordings).toEqual([]);
    expect((await stage.ask('DELETE', path)).status).toBe(204);
    expect((await stage.ask('PUT', `${path}/hold`, { body })).status).toBe(404);
    const audited = () => stage.lines.filter((line) => line.msg === 'audit' && line.recording_id === id);
    await eventually('the audit', () => audited().length === 7);
    expect(audited().map(({ action, status }) => [action, status])).toEqual(
      expect.arrayContaining([
        ...[
          ['recording.hold', 200],
          ['recording.delete', 409],
          ['recording.release', 200],
        ],
        ...[
          ['recording.deleted', undefined],
          ['recording.delete', 204],
          ['recording.hold', 404],
        ],
      ]),
    );
    expect(audited().find(({ action, status }) => action === 'recording.hold' && status === 200)).toMatchObject(body);
  });

  test('that are being deleted are not heard and not held', async () => {
    const { record, id } = await begin({ recording_id: randomUUID() });
    await finish(record);
    await stage.node.registry.doom(id, { why: 'age', at: 1, by: 'here' });
    const held = await stage.ask('PUT', `/api/recordings/${id}/hold`, { body: { reason: 'late' } });
    expect(held).toMatchObject({ status: 409, json: { code: 'recording_deleting' } });
    expect((await stage.ask('GET', `/recordings/${id}.wav`)).json).toMatchObject({ code: 'recording_deleting' });
    expect((await stage.ask('GET', `/api/recordings/${id}`)).json).toMatchObject({ deleting: { why: 'age' } });
  });

  test('have a journal and deliveries, of which one that is due is tried again', async () => {
    const { record, id } = await begin();
    await finish(record);
    await stage.notifier.owe(eventOf(id, 'recording'), 'https://user:secret@example.com/hook?token=secret');
    const { json, text } = await stage.ask('GET', `/api/recordings/${id}/events`);
    expect(json.journal).toEqual([
      { event: 'opened', t: 0, at: '2026-01-01T00:00:00.000Z' },
      { event: 'stopped', t: 5, reason: 'stop' },
    ]);
    expect(json.deliveries).toMatchObject([
      { n: 1, event_id: `${id}.recording`, state: 'waiting', to: 'https://example.com', attempts: 0 },
    ]);
    expect(text).not.toContain('secret');
    expect(await stage.ask('POST', `/api/recordings/${id}/deliveries/1/retry`)).toMatchObject({
      status: 200,
      json: { n: 1, state: 'waiting' },
    });
    expect((await stage.ask('GET', '/api/deliveries/failed')).json).toEqual({ deliveries: [] });
  });
});

describe('calls', () => {
  test('are listed while they are up, and known for a while when they have ended', async () => {
    stage.addCall('up');
    const { ends } = stage.addCall('over');
    await stage.ask('POST', '/api/calling/calls', { body: { command: 'calling.end', id: 'over' } });
    expect(ends).toHaveLength(1);
    await begin({ call_id: 'up', control_id: 'x' });
    const { json } = await stage.ask('GET', '/api/calls');
    expect(json.calls).toMatchObject([{ call_id: 'up', state: 'answered', node_id: 'here' }]);
    expect((await stage.ask('GET', '/api/calls/up')).json).toMatchObject({
      call_id: 'up',
      recordings: [{ control_id: 'x' }],
    });
    expect((await stage.ask('GET', '/api/calls/over')).json).toMatchObject({ state: 'ended', result: 'hangup' });
    expect((await stage.ask('GET', '/api/calls/never')).json).toMatchObject({ status: 404, code: 'call_unknown' });
  });

  test('are recorded with the parameters and the defaults of record_call', async () => {
    const { asked } = stage.addCall('up');
    const body = { control_id: 'greeting', format: 'mp3', terminators: '#' };
    const { status, headers, json } = await stage.ask('POST', '/api/calls/up/recordings', { body });
    expect({ status, json }).toMatchObject({ status: 201, json: { control_id: 'greeting', state: 'recording' } });
    expect(headers.location).toBe(`/api/recordings/${json.recording_id}`);
    expect(asked).toMatchObject([{ ...body, direction: 'both', stereo: false, input_sensitivity: 44 }]);
    await stage.ask('POST', '/api/calls/up/recordings', { body: {} });
    expect(asked[1]).not.toHaveProperty('control_id');
  });
});

describe('the commands of the Relay API', () => {
  const command = (body: unknown) => stage.ask('POST', '/api/calling/calls', { body });

  test('record with their own defaults, in both forms, and stop', async () => {
    const { asked } = stage.addCall('up');
    const audio = { format: 'wav', stereo: true, direction: 'both' };
    const started = await command({ command: 'calling.record', id: 'up', params: { control_id: 'a', audio } });
    expect(started.json).toMatchObject({ id: 'up', command: 'calling.record', result: 'recording', control_id: 'a' });
    const status_url = 'https://example.com/';
    await command({
      command: 'calling.record',
      id: 'up',
      params: { control_id: 'b', record: { audio: { beep: true } }, status_url },
    });
    const defaults = { terminators: '#*', initial_timeout: 5, end_silence_timeout: 1, input_sensitivity: 44 };
    expect(asked).toMatchObject([
      { ...defaults, ...audio, control_id: 'a' },
      { ...defaults, format: 'mp3', direction: 'speak', stereo: false, beep: true, control_id: 'b', status_url },
    ]);
    const turn = (which: string, more = {}) =>
      command({ command: `calling.record.${which}`, id: 'up', params: { control_id: 'a', ...more } });
    expect((await turn('pause', { behavior: 'silence' })).json).toMatchObject({ result: 'paused', control_id: 'a' });
    expect((await turn('pause')).json).toMatchObject({ result: 'already_paused' });
    expect((await turn('resume')).json).toMatchObject({ result: 'resumed' });
    const stop = { command: 'calling.record.stop', id: 'up', params: { control_id: 'a' } };
    expect((await command(stop)).json).toMatchObject({ result: 'stopped', control_id: 'a' });
    expect((await command(stop)).json).toMatchObject({ result: 'already_stopped' });
  });

  test.each([
    [undefined, 'hung up from outside (hangup)'],
    ['busy', 'hung up from outside (busy)'],
  ])('end a call once, for the reason %j', async (reason, told) => {
    const { ends } = stage.addCall('up');
    const end = { command: 'calling.end', id: 'up', ...(reason ? { params: { reason } } : {}) };
    expect((await command(end)).json).toMatchObject({ result: 'ended' });
    expect((await command(end)).json).toMatchObject({ result: 'already_ended' });
    expect(ends).toMatchObject([{ result: 'hangup', reason: told }]);
  });
});

describe('an Idempotency-Key', () => {
  const start = (key: string, body: unknown = { control_id: 'a' }) =>
    stage.ask('POST', '/api/calls/up/recordings', { body, headers: { 'idempotency-key': key } });

  test('makes a request that comes twice be done once', async () => {
    const { asked } = stage.addCall('up');
    const first = await start('one');
    const second = await start('one');
    expect(second).toMatchObject({ status: 201, text: first.text });
    expect(second.headers['idempotency-replayed']).toBe('true');
    expect(first.headers).not.toHaveProperty('idempotency-replayed');
    expect(asked).toHaveLength(1);
    expect(await start('one', { control_id: 'b' })).toMatchObject({
      status: 422,
      json: { code: 'idempotency_key_reused' },
    });
    await start('two', { control_id: 'b' });
    expect(asked).toHaveLength(2);
  });

  test('makes two at once be done once', async () => {
    const { asked } = stage.addCall('up');
    const answers = await Promise.all(Array.from({ length: 10 }, () => start('one')));
    expect(asked).toHaveLength(1);
    for (const { status, json } of answers) {
      if (status !== 201) expect(json).toMatchObject({ status: 409, code: 'idempotency_key_busy' });
    }
  });

  test('does not keep an answer that time may change', async () => {
    const later = () =>
      stage.ask('POST', '/api/calls/later/recordings', { body: {}, headers: { 'idempotency-key': 'x' } });
    expect((await later()).status).toBe(404);
    stage.addCall('later');
    expect((await later()).status).toBe(201);
    const record = recordOf({ node_id: 'gone' });
    await stage.node.registry.begin(record);
    const stop = () =>
      stage.ask('POST', `/api/recordings/${record.recording_id}/stop`, { headers: { 'idempotency-key': 'stop' } });
    expect((await stop()).status).toBe(503);
    await finish(record);
    expect((await stop()).json).toMatchObject({ result: 'already_stopped' });
  });

  test.each([
    ['no character', ''],
    ['256 characters', 'x'.repeat(256)],
  ])('of %s is refused', async (_what, key) => {
    expect(await start(key)).toMatchObject({ status: 400, json: { code: 'idempotency_key_invalid' } });
  });
});

describe('bad input', () => {
  const json = { 'content-type': 'application/json' };
  const long = encodeURIComponent('ü'.repeat(256));
  const record = '/api/calls/up/recordings';

  test.each<[string, string, unknown, Readonly<Record<string, string>>, number, string, string]>([
    ['GET', '/api/recordings?limit=0', undefined, {}, 400, 'request_invalid', '/querystring/limit'],
    ['GET', '/api/recordings?limit=many', undefined, {}, 400, 'request_invalid', '/querystring/limit: "many" is not'],
    ['GET', '/api/statistics?since=9&until=8', undefined, {}, 400, 'request_invalid', '/querystring/since: 9 is not'],
    ['GET', '/api/recordings?stat=error', undefined, {}, 400, 'request_invalid', 'stat'],
    ['GET', '/api/recordings?state=sleeping', undefined, {}, 400, 'request_invalid', '/querystring/state'],
    ['GET', '/api/recordings?since=yesterday', undefined, {}, 400, 'request_invalid', '/querystring/since'],
    ['GET', '/api/recordings?cursor=x', undefined, {}, 400, 'cursor_invalid', 'x'],
    ['GET', '/api/recordings/..%2f..%2fetc%2fpasswd', undefined, {}, 404, 'recording_unknown', '../../etc/passwd'],
    ['GET', '/api/recordings/%00', undefined, {}, 404, 'recording_unknown', '\\u0000'],
    ['GET', '/api/recordings/%ff', undefined, {}, 400, 'request_invalid', '%ff'],
    ['GET', '/api/../../etc/passwd', undefined, {}, 404, 'not_found', '/api/../../etc/passwd'],
    ['GET', `/api/calls/x/recordings/${long}`, undefined, {}, 404, 'recording_unknown', 'ü'],
    ['POST', `/api/calls/x/recordings/${long}/stop`, undefined, {}, 404, 'recording_unknown', 'ü'],
    ['POST', '/api/recordings/unheard-of/stop', undefined, {}, 404, 'recording_unknown', 'unheard-of'],
    ['POST', '/api/recordings/x/pause', { behavior: 'rest' }, {}, 400, 'request_invalid', '/body/behavior'],
    ['POST', '/api/recordings/unheard-of/pause', undefined, {}, 404, 'recording_unknown', 'unheard-of'],
    ['POST', '/api/calls/x/recordings/a%2Fb/resume', undefined, {}, 404, 'recording_unknown', 'a/b'],
    ['DELETE', '/api/recordings/unheard-of', undefined, {}, 404, 'recording_unknown', 'unheard-of'],
    ['GET', '/api/recordings/unheard-of/events', undefined, {}, 404, 'recording_unknown', 'unheard-of'],
    ['POST', '/api/recordings/x/deliveries/1/retry', undefined, {}, 404, 'delivery_unknown', 'x'],
    ['POST', '/api/recordings/x/deliveries/0/retry', undefined, {}, 400, 'request_invalid', '/params/n'],
    ['POST', '/api/recordings/x/deliveries/first/retry', undefined, {}, 400, 'request_invalid', '/params/n'],
    ['GET', '/api/deliveries/failed?from=-1', undefined, {}, 400, 'request_invalid', '/querystring/from'],
    ['GET', '/api/events?last_event_id=x', undefined, {}, 400, 'cursor_invalid', 'x'],
    ['POST', record, '{"format":', json, 400, 'request_invalid', 'JSON'],
    ['POST', record, '"wav"', json, 400, 'request_invalid', '/body'],
    ['POST', record, {}, { 'content-type': 'text/plain' }, 415, 'media_type_unsupported', ''],
    ['POST', record, { format: 'ogg' }, {}, 400, 'request_invalid', '/body/format: "ogg" is not allowed'],
    ['POST', record, { fromat: 'wav' }, {}, 400, 'request_invalid', 'fromat'],
    ['POST', record, { control_id: 'a\nb' }, {}, 400, 'request_invalid', 'U+000A'],
    ['POST', record, { status_url: 'file:///etc/passwd' }, {}, 400, 'request_invalid', '/body/status_url'],
    ['POST', record, { terminators: 'x' }, {}, 400, 'request_invalid', '/body/terminators'],
    ['POST', record, { control_id: 'x'.repeat(1_100_000) }, {}, 413, 'body_too_large', '1000000 bytes'],
    ['POST', '/api/calls/never/recordings', {}, {}, 404, 'call_unknown', 'never'],
    ['POST', '/api/calling/calls', {}, {}, 400, 'request_invalid', '/body/command: it is missing'],
    ['POST', '/api/calling/calls', { command: 'calling.record', id: '' }, {}, 400, 'request_invalid', '/body/id'],
    ['POST', '/api/calling/calls', { command: 'calling.dance', id: 'x' }, {}, 422, 'command_unknown', 'calling.end'],
    ['POST', '/api/calling/calls', { command: 'toString', id: 'x' }, {}, 422, 'command_unknown', 'toString'],
    [
      ...['POST', '/api/calling/calls', { command: 'calling.record', id: 'x', params: { audio: { format: 'ogg' } } }],
      ...[{}, 400, 'request_invalid', '/body/params/audio/format: "ogg" is not allowed'],
    ] as [string, string, unknown, Record<string, string>, number, string, string],
    [
      ...['POST', '/api/calling/calls', { command: 'calling.record.stop', id: 'x', params: {} }],
      ...[{}, 400, 'request_invalid', '/body/params/control_id: it is missing'],
    ] as [string, string, unknown, Record<string, string>, number, string, string],
    ['PUT', '/api/recordings/x', {}, {}, 404, 'not_found', 'PUT'],
    ['GET', '/api', undefined, {}, 404, 'not_found', '/api'],
  ])('%s %s is refused with its status and a remedy', async (method, path, body, headers, status, code, says) => {
    stage.addCall('up');
    const answer = await stage.ask(method, path, { body, headers });
    expect({ status: answer.status, code: answer.json?.code }, answer.text).toEqual({ status, code });
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.json).toMatchObject({ status, title: code, remedy: expect.stringMatching(/^[A-Z].*[.:]/) });
    expect(answer.json.detail).toContain(says);
  });
});

test('/openapi.json describes all of it as OpenAPI 3.1', async () => {
  const { json } = await stage.ask('GET', '/openapi.json');
  expect(json.openapi).toBe('3.1.0');
  expect(Object.keys(json.paths)).toContain('/api/calls/{call_id}/recordings/{control_id}/stop');
});
