import { get } from 'node:http';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { closeRedis, connectRedis, whenReady } from '../../../src/recorder/registry/connection.ts';
import { createCallDirectory } from '../../../src/switch/directory/call-directory.ts';
import { eventually } from '../eventually.ts';
import { startRedis, type TestRedis } from '../redis.ts';
import { ending, outcome, recordOf } from '../registry/registries.ts';
import { type OpsStage, openOpsStage } from './stage.ts';

let stage: OpsStage;
let other: { readonly port: number };
const open: Listening[] = [];

beforeAll(async () => {
  stage = await openOpsStage();
  other = await stage.openOps();
});
afterAll(() => stage.close());
beforeEach(async () => {
  for (const each of open.splice(0)) each.stop();
  await stage.admin.del('test:events');
});

interface Heard {
  readonly id?: string;
  readonly event: string;
  readonly data: Record<string, unknown>;
}

interface Listening {
  readonly events: Heard[];
  readonly headers: Readonly<Record<string, unknown>>;
  names(): string[];
  readonly ended: Promise<void>;
  stop(): void;
}

/** Listens as an EventSource does. */
const listen = (port: number, query = '', lastEventId?: string): Promise<Listening> =>
  new Promise((resolve, reject) => {
    const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
    const sent = get({ host: '127.0.0.1', port, path: `/api/events${query}`, headers }, (response) => {
      const events: Heard[] = [];
      let text = '';
      response.setEncoding('utf8').on('data', (more: string) => {
        text += more;
        for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
          const fields = Object.fromEntries(
            text
              .slice(0, end)
              .split('\n')
              .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
          );
          text = text.slice(end + 2);
          if (fields.event !== undefined) events.push({ ...fields, data: JSON.parse(fields.data ?? '') } as Heard);
        }
      });
      const ended = new Promise<void>((done) => response.once('close', done));
      response.on('error', () => undefined);
      const listening = {
        ...{ events, headers: response.headers, names: () => events.map(({ event }) => event), ended },
        stop: () => sent.destroy(),
      };
      open.push(listening);
      resolve(listening);
    });
    sent.on('error', reject);
  });

/** One recording from begin to end. */
const runRecording = async (changes = {}) => {
  const record = recordOf(changes);
  const { registry } = stage.node;
  await registry.begin(record);
  await registry.finishing(record.recording_id, ending);
  await registry.end(record.recording_id, outcome);
  return record;
};

const recorded = ['recording.started', 'recording.finishing', 'recording.ended'];

test('calls and recordings are told as they change, at each node, with their time', async () => {
  const both = [await listen(stage.port), await listen(other.port)];
  expect(both[0]?.headers).toMatchObject({ 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  stage.addCall('up');
  const record = await runRecording({ call_id: 'up' });
  for (const { events, names } of both) {
    await eventually('four events', () => events.length === 4);
    expect(names().filter((name) => name !== 'call.answered')).toEqual(recorded);
    expect(events.map(({ data }) => data.call_id)).toEqual(['up', 'up', 'up', 'up']);
    expect(events.find(({ event }) => event === 'recording.ended')?.data).toMatchObject({
      recording_id: record.recording_id,
      state: 'finished',
      duration: 99.25,
    });
    for (const { data } of events) expect(Math.abs(Number(data.at) - Date.now() / 1000)).toBeLessThan(5);
    expect(JSON.stringify(events)).not.toMatch(/https?:|\/var\/lib/);
  }
});

test('one who comes back goes on after the last event that it knows, without gap and without repetition', async () => {
  const first = await listen(stage.port);
  await runRecording();
  await eventually('three events', () => first.events.length === 3);
  first.stop();
  await runRecording();
  const last = first.events[1]?.id;
  const again = await listen(other.port, '', last);
  await runRecording();
  await eventually('the rest', () => again.events.length === 7);
  expect(again.names()).toEqual(['recording.ended', ...recorded, ...recorded]);
  const query = await listen(stage.port, `?last_event_id=${last}`);
  await eventually('the same', () => query.events.length === 7);
  expect(query.events).toEqual(again.events);
});

test('nothing is lost or told twice while hundreds of events come in and listeners come and go', async () => {
  const before = await listen(stage.port);
  let done = false;
  const writing = (async () => {
    for (let i = 0; i < 100; i += 1) await runRecording({ control_id: `c${i}` });
    done = true;
  })();
  await eventually('some events', () => before.events.length > 30);
  const late = await listen(stage.port, '', before.events[10]?.id);
  await writing;
  expect(done).toBe(true);
  await eventually('all events', () => before.events.length === 300);
  await eventually('the rest', () => late.events.length === 289);
  expect(late.events).toEqual(before.events.slice(11));
});

test('one whose last event is too long ago is told that there is a gap', async () => {
  const first = await listen(stage.port);
  await runRecording();
  await eventually('three events', () => first.events.length === 3);
  await runRecording();
  const last = first.events[0]?.id;
  await stage.admin.xtrim('test:events', 'MAXLEN', 1);
  const again = await listen(stage.port, '', last);
  await eventually('the gap and what is left', () => again.events.length === 2);
  expect(again.names()).toEqual(['gap', 'recording.ended']);
  const fine = await listen(stage.port, '', again.events[1]?.id);
  await runRecording();
  await eventually('what came since', () => fine.events.length === 3);
  expect(fine.names()).toEqual(recorded);
});

test('one hears of those kinds and that call alone which it asks for', async () => {
  const calls = await listen(stage.port, '?kinds=call,user');
  const one = await listen(stage.port, '?call_id=b');
  stage.addCall('a');
  await runRecording({ call_id: 'a' });
  await runRecording({ call_id: 'b' });
  stage.addCall('b');
  await eventually('both calls', () => calls.events.length === 2);
  await eventually('one call and its recording', () => one.events.length === 4);
  expect(calls.names()).toEqual(['call.answered', 'call.answered']);
  expect(one.names()).toEqual([...recorded, 'call.answered']);
});

test('calls that change while Redis is away are told in their order when it is back, and are known then', async () => {
  const redis = await startRedis();
  const log = pino({ level: 'silent' });
  const connection = connectRedis({ url: redis.url, role: 'commands', log });
  await whenReady(connection, 5_000);
  const registry = { nodes: async () => [] };
  const directory = createCallDirectory({ redis: connection, nodeId: 'a', registry, log, retryMs: 50 });
  let back: TestRedis | undefined;
  try {
    directory.start();
    const call = { node_id: 'a', direction: 'inbound', from: 'sip:a@b', to: 'sip:c@d', start_time: 1 } as const;
    directory.tell({ ...call, call_id: 'before', state: 'created' });
    await eventually('the first', async () => (await connection.xlen('sipreel:events')) === 1);
    await redis.stop('SIGKILL');
    await eventually('it to be away', () => connection.status !== 'ready');
    directory.tell({ ...call, call_id: 'meanwhile', state: 'created' });
    directory.tell({ ...call, call_id: 'before', state: 'ended', end_time: 2 });
    directory.tell({ ...call, call_id: 'meanwhile', state: 'answered' });
    expect(await directory.get('before'), 'while it is away').toMatchObject({ state: 'ended' });
    back = await startRedis({ port: redis.port });
    const told = async (): Promise<string[]> =>
      (await connection.xrange('sipreel:events', '-', '+')).map(([, fields]) => {
        const { call_id, state } = JSON.parse(String(fields[3])) as { call_id: string; state: string };
        return `${call_id} ${state}`;
      });
    await eventually('all of it to be told', async () => connection.status === 'ready' && (await told()).length === 3);
    expect(await told()).toEqual(['meanwhile created', 'before ended', 'meanwhile answered']);
    expect(await directory.get('before'), 'by Redis').toMatchObject({ state: 'ended' });
  } finally {
    await directory.close();
    await closeRedis(connection);
    await redis.stop();
    await back?.stop();
  }
});

test('events of scripts are events like others', async () => {
  const { events } = await listen(other.port, '?kinds=user');
  stage.ops.tell('user.event', { call_id: 'a', event: { x: 1 } });
  await eventually('the event', () => events.length === 1);
  expect(events[0]).toMatchObject({ event: 'user.event', data: { call_id: 'a', event: { x: 1 } } });
});

test('a server that goes down ends its streams', async () => {
  const third = await stage.openOps();
  const { ended } = await listen(third.port);
  await third.close();
  await ended;
});
